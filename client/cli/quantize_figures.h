// Pieces of the quantization page that are drawn.
#ifndef OCTET_CLIENT_CLI_QUANTIZE_FIGURES_H_
#define OCTET_CLIENT_CLI_QUANTIZE_FIGURES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "octet/v1/octet.pb.h"

namespace octet::client {

// Text that can stand between tags and in a quoted attribute. Control characters become visible.
std::string HtmlText(absl::string_view text);

// A name, without its middle where it is long: the whole shows when it is pointed at.
std::string HtmlName(absl::string_view name);

// Noise over signal of an SQNR, as amplitudes: 0 for none, 1 where they are equal.
double RelativeError(double sqnr_db);

// A bar of `share` of the full width, in the colour of `error`.
std::string ErrorBar(double share, double error);

// The histogram of an activation's values over the range of its codes, as SVG.
std::string RangeFigure(const octet::v1::TensorReport& tensor);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_QUANTIZE_FIGURES_H_
