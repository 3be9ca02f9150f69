// Log lines on stderr, for people or for machines.
#ifndef OCTET_SERVER_BASE_LOGGING_H_
#define OCTET_SERVER_BASE_LOGGING_H_

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace octet::server {

enum class LogFormat { kText, kJson };
enum class LogLevel { kInfo, kWarning, kError };

using LogFields = std::vector<std::pair<std::string, std::string>>;

// One line without its end:
//   2024-05-01T12:00:00.000Z INFO model ready model=digits version=1
//   {"time":"2024-05-01T12:00:00.000Z","level":"info","message":"model ready","model":"digits",...}
std::string FormatLogLine(LogFormat format, absl::string_view time, LogLevel level,
                          absl::string_view message, const LogFields& fields);

// Thread-safe; each line is written at once.
class Logger {
 public:
  // `out` stays the caller's.
  Logger(LogFormat format, std::FILE* out) : format_(format), out_(out) {}

  void Info(absl::string_view message, const LogFields& fields = {});
  void Warning(absl::string_view message, const LogFields& fields = {});
  void Error(absl::string_view message, const LogFields& fields = {});

 private:
  void Write(LogLevel level, absl::string_view message, const LogFields& fields);

  const LogFormat format_;
  absl::Mutex mutex_;
  std::FILE* const out_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace octet::server

#endif  // OCTET_SERVER_BASE_LOGGING_H_
