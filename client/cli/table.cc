#include "client/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/console.h"

namespace octet::client {
namespace {

std::string Shorten(const std::string& cell, size_t max_cell) {
  constexpr absl::string_view kGap = "...";
  if (max_cell == 0 || cell.size() <= max_cell) return cell;
  const size_t kept = max_cell - std::min(max_cell, kGap.size());
  return absl::StrCat(cell.substr(0, kept / 2), kGap, cell.substr(cell.size() - (kept - kept / 2)));
}

}  // namespace

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Format(size_t max_cell) const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], Shorten(row[c], max_cell).size());
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string cell = Shorten(row[c], max_cell);
      const std::string padding(widths[c] - cell.size(), ' ');
      const bool left = columns_[c] == Align::kLeft;
      absl::StrAppend(&line, c == 0 ? "" : "  ", left ? cell : padding, left ? padding : cell);
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
