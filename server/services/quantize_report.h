// What a quantization did, as its message.
#ifndef OCTET_SERVER_SERVICES_QUANTIZE_REPORT_H_
#define OCTET_SERVER_SERVICES_QUANTIZE_REPORT_H_

#include "octet/quantize.h"
#include "octet/v1/octet.pb.h"

namespace octet::server {

// Everything but where the result was stored and how fast it is.
octet::v1::QuantizeReport DescribeQuantization(const QuantizeReport& report);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_QUANTIZE_REPORT_H_
