// Files as a model's inputs, by the model's metadata.
#ifndef OCTET_CLIENT_INPUTS_BINDING_H_
#define OCTET_CLIENT_INPUTS_BINDING_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/formats/array.h"
#include "client/formats/png.h"
#include "inference/grpc_service.pb.h"
#include "octet/v1/octet.pb.h"

namespace octet::client {

// One input as the metadata describes it; -1 in the shape is any size.
struct InputSpec {
  std::string name;
  DataType type = DataType::kFp32;
  std::vector<int64_t> shape;
};

// The real values that black (0) and white (255) stand for.
struct PixelRange {
  double black = 0;
  double white = 1;
};

// Errors: InvalidArgument for a datatype that this client cannot send.
absl::StatusOr<std::vector<InputSpec>> InputSpecs(const inference::ModelMetadataResponse& metadata);

// All of the following answer InvalidArgument with what was given and what is right.

// An array of the input's shape, or of one row without the leading dimension. Elements are
// converted as ConvertElements does; floats for a quantized input stay FP32, for the server to
// quantize.
absl::StatusOr<Tensor> BindArray(Array array, const InputSpec& spec);

// A picture for an input [1,H,W,C] or [H,W,C]. Without `range`: UINT8 gets the pixels, INT8 the
// pixels less 128, FP32 the pixels over 255. With it, the real values as FP32.
absl::StatusOr<Tensor> BindPicture(Picture picture, const InputSpec& spec,
                                   std::optional<PixelRange> range);

// Bytes as they are: whole rows of the input's own type and shape.
absl::StatusOr<Tensor> BindRaw(std::string bytes, const InputSpec& spec);

// The file's bytes, told apart by their first ones: .npy, PNG, else raw.
absl::StatusOr<Tensor> BindFile(std::string bytes, const InputSpec& spec,
                                std::optional<PixelRange> range);

// A labelled set: one array for each input, by name (`x` also stands for the only one), and
// `labels`, which may be missing. Other arrays are errors.
struct SampleSet {
  std::vector<octet::v1::SampleTensor> inputs;
  std::vector<int64_t> labels;
  int64_t samples = 0;
};
absl::StatusOr<SampleSet> BindSamples(std::map<std::string, Array> arrays,
                                      const std::vector<InputSpec>& specs);

}  // namespace octet::client

#endif  // OCTET_CLIENT_INPUTS_BINDING_H_
