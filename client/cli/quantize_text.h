// What a quantization did, for a terminal and as JSON.
#ifndef OCTET_CLIENT_CLI_QUANTIZE_TEXT_H_
#define OCTET_CLIENT_CLI_QUANTIZE_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "octet/v1/octet.pb.h"

namespace octet::client {

// Everything in the report.
nlohmann::ordered_json QuantizeReportJson(const octet::v1::QuantizeReport& report);

// A table of the worst layers, or of the weights where no layer was measured, and a summary.
std::string QuantizeReportText(const octet::v1::QuantizeReport& report);

// "41.2 dB", or "exact" where there is no noise.
std::string SqnrText(double sqnr_db);

// "3.9 KiB -> 1000 B (25 %)".
std::string SizesText(const octet::v1::QuantizeReport& report);

}  // namespace octet::client

#endif  // OCTET_CLIENT_CLI_QUANTIZE_TEXT_H_
