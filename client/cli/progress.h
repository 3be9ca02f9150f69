// A progress bar on one line of a terminal. (Debian has no small C++ library for it.)
#ifndef OCTET_CLIENT_CLI_PROGRESS_H_
#define OCTET_CLIENT_CLI_PROGRESS_H_

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace octet::client {

// Writes nothing where `visible` is false. Erases itself at its end.
class ProgressBar {
 public:
  ProgressBar(std::ostream& out, bool visible) : out_(out), visible_(visible) {}
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `fraction` of the work is done (clamped to 0..1); `note` says what is in work. Draws only
  // what looks different.
  void Update(double fraction, absl::string_view note);

  // Removes the bar, so that a line can be printed; the next Update draws it again.
  void Clear();

 private:
  std::ostream& out_;
  bool visible_;
  std::string shown_;
};

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_PROGRESS_H_
