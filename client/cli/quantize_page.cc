#include "client/cli/quantize_page.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/quantize_figures.h"
#include "client/cli/quantize_page_style.h"
#include "client/cli/quantize_text.h"
#include "client/cli/table.h"

namespace octet::client {
namespace {

using octet::v1::LayerReport;
using octet::v1::QuantizeReport;
using octet::v1::TensorReport;
using Obstacles = google::protobuf::RepeatedPtrField<octet::v1::Obstacle>;

std::string Number(double value) { return absl::StrFormat("%.4g", value); }

std::string ModeText(octet::v1::QuantizationMode mode) {
  switch (mode) {
    case octet::v1::QUANTIZATION_MODE_FULL_INTEGER:
      return "full integer: int8 weights and activations";
    case octet::v1::QUANTIZATION_MODE_FLOAT16:
      return "float16 weights";
    case octet::v1::QUANTIZATION_MODE_INT16X8:
      return "int16 activations with int8 weights";
    case octet::v1::QUANTIZATION_MODE_WEIGHT_ONLY:
      return "int8 weights, float arithmetic";
    default:
      return "dynamic range: int8 weights, activations quantized while they run";
  }
}

std::string Tile(const std::string& value, const std::string& label) {
  return absl::StrCat("<div class=\"tile\"><b>", HtmlText(value), "</b><span>", HtmlText(label),
                      "</span></div>\n");
}

std::string Tiles(const QuantizeReport& report) {
  int quantized = 0;
  for (const TensorReport& tensor : report.tensors()) quantized += tensor.quantized() ? 1 : 0;
  const double share =
      report.bytes_before() > 0 ? 100.0 * report.bytes_after() / report.bytes_before() : 100;
  std::string html = "<div class=\"tiles\">\n";
  absl::StrAppend(
      &html,
      Tile(absl::StrFormat("%.0f %%", share),
           absl::StrCat("of the size: ", BytesText(report.bytes_before()), " → ",
                        BytesText(report.bytes_after()))),
      Tile(absl::StrCat(quantized, " of ", report.tensors_size()), "tensors are quantized"));
  for (const octet::v1::OutputReport& output : report.outputs()) {
    absl::StrAppend(
        &html,
        Tile(SqnrText(output.error().sqnr_db()),
             absl::StrCat("signal to noise of output ", output.output(), " over ", report.samples(),
                          " samples; largest error ", Number(output.error().max_abs()))),
        Tile(PercentText(output.agreement()),
             absl::StrCat("of the samples: both models put the same element of ", output.output(),
                          " first")));
  }
  if (report.has_latency_before() && report.has_latency_after()) {
    const double after = report.latency_after().median_us();
    const double faster = after > 0 ? report.latency_before().median_us() / after : 0;
    absl::StrAppend(
        &html, Tile(absl::StrFormat("%.2f ×", faster),
                    absl::StrCat("as fast: ", MicrosecondsText(report.latency_before().median_us()),
                                 " → ", MicrosecondsText(after), " a run on one thread")));
  }
  return html + "</div>\n";
}

std::string LayerRow(const LayerReport& layer, double worst) {
  const double error = RelativeError(layer.error().sqnr_db());
  const std::string result =
      layer.quantized() ? "quantized" : absl::StrCat("float: ", layer.reason());
  return absl::StrCat(
      "<tr", layer.quantized() ? "" : " class=\"float\"", "><td class=\"n\">", layer.op_index(),
      "</td><td>", HtmlText(layer.op()), "</td><td class=\"name\">", HtmlName(layer.tensor()),
      "</td><td class=\"bars\">", ErrorBar(worst > 0 ? error / worst : 0, error),
      "</td><td class=\"n\">", absl::StrFormat("%.3g %%", error * 100), "</td><td class=\"n\">",
      SqnrText(layer.error().sqnr_db()), "</td><td class=\"n\">",
      absl::StrFormat("%.5f", layer.error().cosine()), "</td><td class=\"n\">",
      Number(layer.error().max_abs()), "</td><td>", HtmlText(result), "</td></tr>\n");
}

std::string Layers(const QuantizeReport& report) {
  std::string html = "<h2>Error by layer</h2>\n";
  double worst = 0;
  bool measured = false;
  for (const LayerReport& layer : report.layers()) {
    if (!layer.has_error()) continue;
    measured = true;
    worst = std::max(worst, RelativeError(layer.error().sqnr_db()));
  }
  if (!measured) {
    return html + "<p class=\"muted\">Not measured: that needs samples (--samples DIR).</p>\n";
  }
  absl::StrAppend(
      &html,
      "<p class=\"legend\">Noise in each layer's output, as a share of its signal, in the model's "
      "order; errors of earlier layers are part of it."
      "<i class=\"good\"></i>up to 1 % (40 dB)<i class=\"fair\"></i>up to 10 % (20 dB)"
      "<i class=\"poor\"></i>more</p>\n<div class=\"panel\"><table><tr><th class=\"n\">#</th>"
      "<th>Operator</th><th>Output</th><th>Error</th><th class=\"n\"></th><th class=\"n\">SQNR</th>"
      "<th class=\"n\">Cosine</th><th class=\"n\">Largest</th><th>Result</th></tr>\n");
  for (const LayerReport& layer : report.layers()) {
    if (layer.has_error()) absl::StrAppend(&html, LayerRow(layer, worst));
  }
  return html + "</table></div>\n";
}

std::string SampleText(bool known, int64_t sample) {
  return known ? absl::StrCat(" (sample ", sample, ")") : std::string();
}

std::string RangeCard(const TensorReport& tensor) {
  return absl::StrCat(
      "<div class=\"card\"><h3>", HtmlName(tensor.tensor()), "</h3><p>",
      tensor.op().empty() ? std::string("input") : HtmlText(tensor.op()), ", ",
      HtmlText(tensor.datatype()), tensor.fixed_range() ? ", fixed range" : "", "</p>",
      RangeFigure(tensor), "<p class=\"ends\"><span>", Number(tensor.min()),
      SampleText(tensor.has_min_sample(), tensor.min_sample()), "</span><span>",
      Number(tensor.max()), SampleText(tensor.has_max_sample(), tensor.max_sample()),
      "</span></p><p>codes span ", Number(tensor.range_min()), " … ", Number(tensor.range_max()),
      "; scale ", Number(tensor.scale()), ", zero point ", tensor.zero_point(), "</p></div>\n");
}

std::string Ranges(const QuantizeReport& report) {
  std::string cards;
  for (const TensorReport& tensor : report.tensors()) {
    if (tensor.histogram_size() > 0 && tensor.quantized()) {
      absl::StrAppend(&cards, RangeCard(tensor));
    }
  }
  if (cards.empty()) return "";
  return absl::StrCat(
      "<h2>Ranges</h2>\n<p class=\"legend\">How often each activation took which value over all "
      "samples (heights are square roots of counts), from its smallest to its largest, with the "
      "samples that set these; the shaded part is what its codes can stand for.</p>\n"
      "<div class=\"cards\">\n",
      cards, "</div>\n");
}

std::string TensorRow(const TensorReport& tensor) {
  const bool constant = tensor.role() != "activation";
  const std::string result =
      tensor.quantized() ? tensor.datatype() : absl::StrCat("float: ", tensor.reason());
  return absl::StrCat(
      "<tr", tensor.quantized() ? "" : " class=\"float\"", "><td class=\"name\">",
      HtmlName(tensor.tensor()), "</td><td>", HtmlText(tensor.op()), "</td><td>",
      HtmlText(tensor.role()), "</td><td class=\"n\">", tensor.elements(), "</td><td class=\"n\">",
      constant ? BytesText(tensor.bytes_before()) : "", "</td><td class=\"n\">",
      constant ? BytesText(tensor.bytes_after()) : "", "</td><td class=\"n\">",
      Number(tensor.min()), " … ", Number(tensor.max()), "</td><td class=\"n\">",
      tensor.scales() > 0 ? absl::StrCat(tensor.scales()) : "", "</td><td class=\"n\">",
      constant && tensor.quantized() ? SqnrText(tensor.sqnr_db()) : "", "</td><td>",
      HtmlText(result), "</td></tr>\n");
}

std::string Tensors(const QuantizeReport& report) {
  std::string html =
      "<h2>Tensors</h2>\n<div class=\"panel\"><table><tr><th>Tensor</th><th>Operator</th>"
      "<th>Role</th><th class=\"n\">Elements</th><th class=\"n\">Before</th>"
      "<th class=\"n\">After</th><th class=\"n\">Values</th><th class=\"n\">Scales</th>"
      "<th class=\"n\">SQNR</th><th>Result</th></tr>\n";
  for (const TensorReport& tensor : report.tensors()) absl::StrAppend(&html, TensorRow(tensor));
  return html + "</table></div>\n";
}

std::string Target(const char* name, const Obstacles& obstacles) {
  std::string html =
      absl::StrCat("<div class=\"card\"><div class=\"verdict\">", name, ": <span class=\"",
                   obstacles.empty() ? "yes\">yes" : "no\">no", "</span></div>");
  // One line for what many operators have in common.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
  for (const octet::v1::Obstacle& obstacle : obstacles) {
    groups[{obstacle.op(), obstacle.reason()}].push_back(HtmlName(obstacle.tensor()));
  }
  if (!groups.empty()) absl::StrAppend(&html, "<ul>");
  constexpr size_t kNamed = 3;
  for (const auto& [what, tensors] : groups) {
    const std::vector<std::string> named(tensors.begin(),
                                         tensors.begin() + std::min(tensors.size(), kNamed));
    absl::StrAppend(&html, "<li>", what.first.empty() ? "" : HtmlText(what.first) + ": ",
                    HtmlText(what.second), " <span class=\"muted\">", absl::StrJoin(named, ", "));
    if (tensors.size() > kNamed) {
      absl::StrAppend(&html, " and ", tensors.size() - kNamed, " more");
    }
    absl::StrAppend(&html, "</span></li>\n");
  }
  return absl::StrCat(html, groups.empty() ? "" : "</ul>", "</div>\n");
}

std::string Compatibility(const QuantizeReport& report) {
  if (!report.has_compatibility()) return "";
  return absl::StrCat("<h2>Compatibility</h2>\n<div class=\"targets\">\n",
                      Target("int8 throughout", report.compatibility().not_int8()),
                      Target("Edge TPU", report.compatibility().edge_tpu()),
                      Target("TFLite Micro", report.compatibility().micro()), "</div>\n");
}

std::string Remarks(const QuantizeReport& report) {
  std::vector<std::string> items;
  for (const std::string& note : report.notes()) items.push_back(HtmlText(note));
  if (report.clamped_weights() > 0) {
    items.push_back(absl::StrCat(report.clamped_weights(), " weights were beyond ±65504, and cut"));
  }
  if (report.vanished_weights() > 0) {
    items.push_back(absl::StrCat(report.vanished_weights(), " weights became 0"));
  }
  for (const auto& improvement : report.improvements()) {
    items.push_back(absl::StrCat(HtmlText(improvement.kind()), " of ",
                                 HtmlName(improvement.tensor()), ": ",
                                 HtmlText(improvement.detail()), " (", Number(improvement.before()),
                                 " → ", Number(improvement.after()), ")"));
  }
  for (const auto& deviation : report.deviations()) {
    items.push_back(absl::StrCat("other than TensorFlow's converter (", HtmlText(deviation.rule()),
                                 "), ", HtmlName(deviation.tensor()), ": ",
                                 HtmlText(deviation.detail())));
  }
  if (items.empty()) return "";
  return absl::StrCat("<h2>Remarks</h2>\n<ul class=\"notes\"><li>",
                      absl::StrJoin(items, "</li>\n<li>"), "</li></ul>\n");
}

}  // namespace

std::string QuantizePage(absl::string_view source, const octet::v1::QuantizeOptions& options,
                         const QuantizeReport& report) {
  const std::string name = HtmlText(source);
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      name, " quantized</title>\n<style>", kQuantizePageStyle, "</style>\n</head>\n<body><main>\n",
      "<h1>", name, "</h1>\n<p class=\"muted\">Quantized by Octet to ",
      HtmlText(ModeText(options.mode())), "</p>\n", Tiles(report), Layers(report),
      Compatibility(report), Ranges(report), Tensors(report), Remarks(report),
      "</main></body>\n</html>\n");
}

}  // namespace octet::client
