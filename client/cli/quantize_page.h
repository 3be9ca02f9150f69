// What a quantization did, as a page for a browser.
#ifndef OCTET_CLIENT_CLI_QUANTIZE_PAGE_H_
#define OCTET_CLIENT_CLI_QUANTIZE_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "octet/v1/octet.pb.h"

namespace octet::client {

// One HTML document that needs nothing else: no script, no other file. Names and reasons come from
// the model: they are shown as text whatever is in them.
std::string QuantizePage(absl::string_view source, const octet::v1::QuantizeOptions& options,
                         const octet::v1::QuantizeReport& report);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_QUANTIZE_PAGE_H_
