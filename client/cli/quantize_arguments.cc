#include "client/cli/quantize_arguments.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace octet::client {
namespace {

[[noreturn]] void BadUsage(const std::string& what) { throw CLI::ValidationError(what, 2); }

using octet::v1::QuantizationMode;
const std::map<std::string, QuantizationMode>& Modes() {
  static const auto* const modes = new std::map<std::string, QuantizationMode>{
      {"dynamic-range", octet::v1::QUANTIZATION_MODE_DYNAMIC_RANGE},
      {"full-integer", octet::v1::QUANTIZATION_MODE_FULL_INTEGER},
      {"float16", octet::v1::QUANTIZATION_MODE_FLOAT16},
      {"int16x8", octet::v1::QUANTIZATION_MODE_INT16X8},
      {"weight-only", octet::v1::QUANTIZATION_MODE_WEIGHT_ONLY},
  };
  return *modes;
}

using octet::v1::CalibrationMethod;
const std::map<std::string, CalibrationMethod>& Methods() {
  static const auto* const methods = new std::map<std::string, CalibrationMethod>{
      {"min-max", octet::v1::CALIBRATION_METHOD_MIN_MAX},
      {"moving-average", octet::v1::CALIBRATION_METHOD_MOVING_AVERAGE},
      {"percentile", octet::v1::CALIBRATION_METHOD_PERCENTILE},
      {"mse", octet::v1::CALIBRATION_METHOD_MSE},
  };
  return *methods;
}

// By the name on the command line, that of the protocol.
const std::map<std::string, std::string>& EdgeTypes() {
  static const auto* const types = new std::map<std::string, std::string>{
      {"float32", "FP32"}, {"int8", "INT8"}, {"uint8", "UINT8"}, {"int16", "INT16"}};
  return *types;
}

template <typename Value>
std::vector<std::string> Names(const std::map<std::string, Value>& values) {
  std::vector<std::string> names;
  for (const auto& value : values) names.push_back(value.first);
  return names;
}

void AddCalibration(CLI::App* quantize, QuantizeFlags& flags) {
  quantize
      ->add_option(
          "--samples", flags.samples,
          "Typical inputs, which full-integer and int16x8 need and every mode measures its "
          "error on: a folder with one .npz a sample, its arrays named as the model's "
          "inputs (octet metadata tells them), or one .npy for a model with one input; of "
          "the input's full shape and type")
      ->type_name("DIR");
  quantize
      ->add_option("--captured", flags.captured,
                   "Instead of --samples: requests that this served model has kept "
                   "(capture_requests in its config.pbtxt)")
      ->type_name("MODEL[:VERSION]");
  quantize->add_option("--calibration", flags.calibration, "How samples become ranges")
      ->check(CLI::IsMember(Names(Methods())))
      ->capture_default_str();
  quantize
      ->add_option("--percentile", flags.percentile,
                   "Of --calibration percentile: keep this share of the values")
      ->check(CLI::Range(50.0, 100.0))
      ->capture_default_str()
      ->type_name("PERCENT");
  quantize
      ->add_option("--averaging-constant", flags.averaging_constant,
                   "Of --calibration moving-average: the weight of each new sample")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->type_name("SHARE");
  quantize->add_option("--input-type", flags.input_type, "Of the quantized model's inputs")
      ->check(CLI::IsMember(Names(EdgeTypes())))
      ->capture_default_str();
  quantize->add_option("--output-type", flags.output_type, "Of its outputs")
      ->check(CLI::IsMember(Names(EdgeTypes())))
      ->capture_default_str();
  quantize->add_flag("--require-full-integer", flags.require_full_integer,
                     "Fail where an operator would stay float");
  quantize->add_flag("--bias-correction", flags.bias_correction,
                     "Take the mean error of rounded weights out of the biases");
  quantize->add_flag("--equalize", flags.equalize,
                     "Even out the weights' ranges between neighbouring layers");
}

void AddSelection(CLI::App* quantize, QuantizeFlags& flags) {
  const auto add = [quantize](const char* flag, std::vector<std::string>& texts, const char* help) {
    quantize->add_option(flag, texts, help)->allow_extra_args(false)->type_name("NAME");
  };
  add("--include-op", flags.include_ops,
      "Quantize only operators of this kind (CONV_2D) or output name; * and ? are wildcards; may "
      "be "
      "given often");
  add("--exclude-op", flags.exclude_ops, "Leave such operators as they are");
  add("--include-tensor", flags.include_tensors, "Quantize only constants of this name");
  add("--exclude-tensor", flags.exclude_tensors,
      "Leave such constants and activations as they are");
}

void Assign(const std::vector<std::string>& texts,
            google::protobuf::RepeatedPtrField<std::string>* field) {
  field->Assign(texts.begin(), texts.end());
}

// Options that the mode does not have, before anything is sent.
void CheckMode(const QuantizeFlags& flags, const CLI::App& command) {
  const bool calibrates = flags.mode == "full-integer" || flags.mode == "int16x8";
  const bool captured = !flags.captured.empty();
  if (captured && !flags.samples.empty()) {
    BadUsage("quantize: give either --samples or --captured");
  }
  if (calibrates && flags.samples.empty() && !captured) {
    BadUsage(
        absl::StrCat("quantize: --mode ", flags.mode, " needs --samples DIR, or --captured MODEL"));
  }
  for (const char* option : {"--calibration", "--input-type", "--output-type",
                             "--require-full-integer", "--bias-correction", "--equalize"}) {
    if (!calibrates && command.count(option) > 0) {
      BadUsage(absl::StrCat("quantize: ", option, " is of --mode full-integer and int16x8, not of ",
                            flags.mode));
    }
  }
  for (const auto& [option, method] : {std::pair("--percentile", "percentile"),
                                       std::pair("--averaging-constant", "moving-average")}) {
    if (command.count(option) > 0 && flags.calibration != method) {
      BadUsage(absl::StrCat("quantize: ", option, " is of --calibration ", method));
    }
  }
}

}  // namespace

void AddQuantizeFlags(CLI::App* quantize, QuantizeFlags& flags) {
  quantize->add_option("--mode", flags.mode, "What to quantize")
      ->check(CLI::IsMember(Names(Modes())))
      ->capture_default_str();
  quantize
      ->add_option("--min-elements", flags.min_elements,
                   "Leave weights with fewer elements as they are (default: 1024)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  quantize->add_flag("--per-tensor", flags.per_tensor, "One scale a tensor, not one a channel");
  AddCalibration(quantize, flags);
  AddSelection(quantize, flags);
  quantize
      ->add_option("--report", flags.report,
                   "Write a page for a browser: errors, ranges, tensors, compatibility")
      ->type_name("FILE.html");
  quantize->add_flag("--skip-latency", flags.skip_latency, "Do not time both models");
}

octet::v1::QuantizeOptions MakeQuantizeOptions(const QuantizeFlags& flags,
                                               const CLI::App& command) {
  CheckMode(flags, command);
  octet::v1::QuantizeOptions options;
  options.set_mode(Modes().at(flags.mode));
  options.set_per_tensor(flags.per_tensor);
  if (command.count("--min-elements") > 0) options.set_min_weight_elements(flags.min_elements);
  options.set_calibration(Methods().at(flags.calibration));
  if (command.count("--percentile") > 0) options.set_percentile(flags.percentile);
  if (command.count("--averaging-constant") > 0) {
    options.set_averaging_constant(flags.averaging_constant);
  }
  options.set_input_type(EdgeTypes().at(flags.input_type));
  options.set_output_type(EdgeTypes().at(flags.output_type));
  options.set_require_full_integer(flags.require_full_integer);
  options.set_bias_correction(flags.bias_correction);
  options.set_cross_layer_equalization(flags.equalize);
  Assign(flags.include_ops, options.mutable_include_ops());
  Assign(flags.exclude_ops, options.mutable_exclude_ops());
  Assign(flags.include_tensors, options.mutable_include_tensors());
  Assign(flags.exclude_tensors, options.mutable_exclude_tensors());
  return options;
}

}  // namespace octet::client
