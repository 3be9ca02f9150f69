#include "client/formats/npy.h"

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxHeaderBytes = 10000;
constexpr size_t kMaxRank = 32;
constexpr size_t kHeaderAlignment = 64;

struct DescrRow {
  absl::string_view descr;  // without the byte order
  DataType type;
};

constexpr DescrRow kDescrs[] = {
    {"b1", DataType::kBool},   {"u1", DataType::kUint8},  {"u2", DataType::kUint16},
    {"u4", DataType::kUint32}, {"u8", DataType::kUint64}, {"i1", DataType::kInt8},
    {"i2", DataType::kInt16},  {"i4", DataType::kInt32},  {"i8", DataType::kInt64},
    {"f2", DataType::kFp16},   {"f4", DataType::kFp32},   {"f8", DataType::kFp64},
};

absl::Status Broken(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a readable .npy: ", what));
}

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Reads the header, the literal of a Python dictionary with the three keys that the format knows.
class HeaderParser {
 public:
  explicit HeaderParser(absl::string_view text) : rest_(text) {}

  absl::StatusOr<Header> Parse() {
    Header header;
    bool seen[3] = {false, false, false};
    if (!Take('{')) return Broken("the header is no dictionary");
    while (!Take('}')) {
      std::string key;
      if (!TakeString(key) || !Take(':')) return Broken("a key of the header is broken");
      const int index = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (index == 3 || seen[index]) return Broken("the header has an unknown or repeated key");
      seen[index] = true;
      const bool taken = index == 0   ? TakeString(header.descr)
                         : index == 1 ? TakeBool(header.fortran_order)
                                      : TakeShape(header.shape);
      if (!taken) return Broken(absl::StrCat("the header's '", key, "' is not supported"));
      if (!Take(',') && !Peek('}')) return Broken("the header is no dictionary");
    }
    SkipSpace();
    if (!rest_.empty()) return Broken("something follows the header's dictionary");
    if (!seen[0] || !seen[1] || !seen[2]) {
      return Broken("the header lacks descr, fortran_order or shape");
    }
    return header;
  }

 private:
  void SkipSpace() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  bool Peek(char c) {
    SkipSpace();
    return !rest_.empty() && rest_[0] == c;
  }

  bool Take(char c) {
    if (!Peek(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool TakeString(std::string& out) {
    const char quote = Peek('"') ? '"' : '\'';
    if (!Take(quote)) return false;
    const size_t end = rest_.find(quote);
    if (end == absl::string_view::npos) return false;
    out = std::string(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool TakeWord(absl::string_view word) {
    SkipSpace();
    if (rest_.substr(0, word.size()) != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool TakeBool(bool& out) {
    out = TakeWord("True");
    return out || TakeWord("False");
  }

  bool TakeNumber(int64_t& out) {
    SkipSpace();
    size_t digits = 0;
    while (digits < rest_.size() && absl::ascii_isdigit(rest_[digits])) ++digits;
    if (!absl::SimpleAtoi(rest_.substr(0, digits), &out)) return false;
    rest_.remove_prefix(digits);
    return true;
  }

  bool TakeShape(std::vector<int64_t>& out) {
    if (!Take('(')) return false;
    while (!Take(')')) {
      int64_t dim;
      if (out.size() == kMaxRank || !TakeNumber(dim)) return false;
      out.push_back(dim);
      if (!Take(',') && !Peek(')')) return false;
    }
    return true;
  }

  absl::string_view rest_;
};

// Splits `bytes` into the header's text and the data.
absl::StatusOr<std::pair<absl::string_view, absl::string_view>> Split(absl::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) return Broken("the first bytes are not \\x93NUMPY");
  if (bytes.size() < 10) return Broken("it ends within the header");
  const int major = static_cast<uint8_t>(bytes[6]);
  if (major < 1 || major > 3) return Broken(absl::StrCat("unknown format version ", major));
  const size_t start = major == 1 ? 10 : 12;
  if (bytes.size() < start) return Broken("it ends within the header");
  size_t length = 0;
  for (size_t i = start; i-- > 8;) length = length << 8 | static_cast<uint8_t>(bytes[i]);
  if (length > kMaxHeaderBytes) return Broken("the header is too long");
  if (bytes.size() - start < length) return Broken("it ends within the header");
  return std::make_pair(bytes.substr(start, length), bytes.substr(start + length));
}

absl::StatusOr<DataType> ParseDescr(absl::string_view descr) {
  if (descr.size() == 3) {
    const absl::string_view name = descr.substr(1);
    for (const DescrRow& row : kDescrs) {
      if (row.descr != name) continue;
      const bool one_byte = DataTypeSize(row.type) == 1;
      if (descr[0] == '<' || (one_byte && (descr[0] == '|' || descr[0] == '='))) return row.type;
      if (descr[0] == '>' && !one_byte) {
        return Broken(
            absl::StrCat("big-endian numbers (", descr, "); save with .astype('<", name, "')"));
      }
    }
  }
  return Broken(absl::StrCat("elements of kind '", descr,
                             "'; numbers of 8 to 64 bits and booleans can be read"));
}

// Fortran order has the first dimension innermost.
std::string ToRowMajor(absl::string_view data, const std::vector<int64_t>& shape, int64_t size) {
  std::string out(data.size(), '\0');
  std::vector<int64_t> strides(shape.size(), size);
  for (size_t d = 1; d < shape.size(); ++d) strides[d] = strides[d - 1] * shape[d - 1];
  std::vector<int64_t> index(shape.size(), 0);
  int64_t from = 0;
  for (size_t to = 0; to < out.size(); to += size) {
    std::memcpy(out.data() + to, data.data() + from, size);
    for (size_t d = shape.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<Array> ParseNpy(absl::string_view bytes) {
  auto parts = Split(bytes);
  if (!parts.ok()) return parts.status();
  absl::StatusOr<Header> header = HeaderParser(parts->first).Parse();
  if (!header.ok()) return header.status();
  absl::StatusOr<DataType> type = ParseDescr(header->descr);
  if (!type.ok()) return type.status();
  absl::StatusOr<int64_t> count = ElementCount(header->shape);
  if (!count.ok()) return Broken(count.status().message());
  const absl::string_view data = parts->second;
  const int64_t size = DataTypeSize(*type);
  if (*count * size != static_cast<int64_t>(data.size())) {
    return Broken(absl::StrCat("its shape ", ShapeText(header->shape), " needs ", *count * size,
                               " bytes, ", data.size(), " are there"));
  }
  Array array{*type, std::move(header->shape), ""};
  array.data = header->fortran_order && array.shape.size() > 1 ? ToRowMajor(data, array.shape, size)
                                                               : std::string(data);
  return array;
}

std::string SerializeNpy(const Array& array) {
  absl::string_view name;
  for (const DescrRow& row : kDescrs) {
    if (row.type == array.type) name = row.descr;
  }
  std::string header = absl::StrCat("{'descr': '", DataTypeSize(array.type) == 1 ? "|" : "<", name,
                                    "', 'fortran_order': False, 'shape': (");
  for (int64_t dim : array.shape) absl::StrAppend(&header, dim, ",");
  absl::StrAppend(&header, "), }");
  const size_t used = kMagic.size() + 4 + header.size() + 1;
  header.append((kHeaderAlignment - used % kHeaderAlignment) % kHeaderAlignment, ' ');
  header += '\n';
  std::string out(kMagic.data(), kMagic.size());
  out += {'\x01', '\x00', static_cast<char>(header.size() & 255),
          static_cast<char>(header.size() >> 8)};
  return absl::StrCat(out, header, array.data);
}

}  // namespace octet::client
