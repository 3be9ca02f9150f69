#include "client/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/console.h"

namespace octet::client {
namespace {

std::string Shorten(const std::string& cell, size_t max_bytes) {
  constexpr absl::string_view kGap = "...";
  if (max_bytes == 0 || cell.size() <= max_bytes) return cell;
  const size_t kept = max_bytes - std::min(max_bytes, kGap.size());
  return absl::StrCat(cell.substr(0, kept / 2), kGap, cell.substr(cell.size() - (kept - kept / 2)));
}

}  // namespace

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Format(size_t max_first) const {
  std::vector<std::vector<std::string>> rows = rows_;
  std::vector<size_t> widths(columns_.size(), 0);
  for (auto& row : rows) {
    row[0] = Shorten(row[0], max_first);
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - row[c].size(), ' ');
      const bool left = columns_[c] == Align::kLeft;
      absl::StrAppend(&line, c == 0 ? "" : "  ", left ? row[c] : padding, left ? padding : row[c]);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

std::string BytesText(int64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  constexpr absl::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string PercentText(double share) { return absl::StrFormat("%.2f %%", share * 100); }

std::string MicrosecondsText(double us) {
  if (us < 1000) return absl::StrFormat("%.1f us", us);
  if (us < 1e6) return absl::StrFormat("%.2f ms", us / 1000);
  return absl::StrFormat("%.2f s", us / 1e6);
}

}  // namespace octet::client
