#include "client/cli/quantize_figures.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/console.h"

namespace octet::client {
namespace {

constexpr double kWidth = 260;
constexpr double kHeight = 64;

// Where a value lies on a figure that shows [low, high].
double Place(double value, double low, double high) {
  return high > low ? (value - low) / (high - low) * kWidth : kWidth / 2;
}

std::string Rect(const char* kind, double x, double y, double width, double height) {
  return absl::StrFormat(
      "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>", kind, x, y,
      width, height);
}

}  // namespace

std::string HtmlText(absl::string_view text) {
  std::string html;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string HtmlName(absl::string_view name) {
  constexpr size_t kHalf = 19;
  if (name.size() <= 2 * kHalf + 1) return HtmlText(name);
  return absl::StrCat("<span title=\"", HtmlText(name), "\">", HtmlText(name.substr(0, kHalf)), "…",
                      HtmlText(name.substr(name.size() - kHalf)), "</span>");
}

double RelativeError(double sqnr_db) {
  // Also false for a NaN, of which nothing can be said.
  return sqnr_db > -200 ? std::pow(10, -sqnr_db / 20) : 0;
}

std::string ErrorBar(double share, double error) {
  constexpr double kGood = 0.01;  // 40 dB
  constexpr double kFair = 0.1;   // 20 dB
  const char* const kind = error <= kGood ? "good" : error <= kFair ? "fair" : "poor";
  return absl::StrFormat(
      "<div class=\"track\"><div class=\"bar %s\" style=\"width:%.2f%%\"></div>"
      "</div>",
      kind, std::clamp(share, 0.0, 1.0) * 100);
}

std::string RangeFigure(const octet::v1::TensorReport& tensor) {
  const double low = std::min(tensor.min(), tensor.range_min());
  const double high = std::max(tensor.max(), tensor.range_max());
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"values and range\">", kWidth,
      kHeight + 2);
  const double begin = Place(tensor.range_min(), low, high);
  const double end = Place(tensor.range_max(), low, high);
  absl::StrAppend(&svg, Rect("range", begin, 0, end - begin, kHeight));
  int64_t most = 0;
  for (const int64_t count : tensor.histogram()) most = std::max(most, count);
  const int bins = tensor.histogram_size();
  for (int i = 0; i < bins && most > 0; ++i) {
    if (tensor.histogram(i) <= 0) continue;
    const double width = (tensor.max() - tensor.min()) / bins;
    const double x = Place(tensor.min() + i * width, low, high);
    const double next = Place(tensor.min() + (i + 1) * width, low, high);
    // Square roots leave rare values visible beside frequent ones.
    const double height =
        kHeight * std::sqrt(static_cast<double>(tensor.histogram(i)) / static_cast<double>(most));
    absl::StrAppend(&svg, Rect("bin", x, kHeight - height, std::max(next - x - 0.5, 0.8), height));
  }
  absl::StrAppend(&svg, Rect("axis", 0, kHeight, kWidth, 1));
  if (low < 0 && high > 0) absl::StrAppend(&svg, Rect("zero", Place(0, low, high), 0, 1, kHeight));
  return svg + "</svg>";
}

}  // namespace octet::client
