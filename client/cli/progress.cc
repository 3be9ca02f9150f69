#include "client/cli/progress.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "client/cli/console.h"

namespace octet::client {
namespace {

constexpr int kBarWidth = 30;
constexpr int kNoteWidth = 36;  // with bar and percentage within 80 columns

}  // namespace

void ProgressBar::Update(double fraction, absl::string_view note) {
  if (!visible_) return;
  // The comparison also turns NaN into 0.
  fraction = fraction > 0 ? std::min(fraction, 1.0) : 0.0;
  const int filled = static_cast<int>(fraction * kBarWidth);
  const std::string line = absl::StrFormat(
      "[%s%s] %3d%% %s", std::string(filled, '#'), std::string(kBarWidth - filled, '-'),
      static_cast<int>(fraction * 100), Printable(note).substr(0, kNoteWidth));
  if (line == shown_) return;
  out_ << '\r' << line << "\x1b[K" << std::flush;
  shown_ = line;
}

void ProgressBar::Clear() {
  if (shown_.empty()) return;
  out_ << "\r\x1b[K" << std::flush;
  shown_.clear();
}

}  // namespace octet::client
