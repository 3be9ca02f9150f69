// Text from outside, made safe to hand on as UTF-8.
#ifndef OCTET_ENGINE_BASE_UTF8_H_
#define OCTET_ENGINE_BASE_UTF8_H_

#include <string>

#include "absl/strings/string_view.h"

namespace octet {

// Whether `text` is well-formed UTF-8: no overlong forms, surrogates or code points past U+10FFFF.
// Source: RFC 3629.
bool IsUtf8(absl::string_view text);

// `text` itself where it is well-formed, else with every byte that is not printable ASCII as a C
// escape. Protocol messages carry no other text.
std::string ToUtf8(absl::string_view text);

}  // namespace octet

#endif  // OCTET_ENGINE_BASE_UTF8_H_
