// Aligned columns of text.
#ifndef OCTET_CLIENT_CLI_TABLE_H_
#define OCTET_CLIENT_CLI_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace octet::client {

class Table {
 public:
  enum class Align { kLeft, kRight };

  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}

  // One cell a column. Control characters are made visible.
  void AddRow(std::vector<std::string> cells);

  // Lines without trailing spaces. In the first column, cells beyond `max_first` bytes lose their
  // middle; 0: none do.
  std::string Format(size_t max_first = 0) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "1.5 MiB".
std::string BytesText(int64_t bytes);

// "97.78 %" of a share between 0 and 1.
std::string PercentText(double share);

// "1.25 ms", in the unit that fits.
std::string MicrosecondsText(double us);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_TABLE_H_
