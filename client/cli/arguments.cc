#include "client/cli/arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/quantize_arguments.h"

namespace octet::client {
namespace {

constexpr char kDescription[] =
    "Talks to octetd, the daemon that serves quantized TensorFlow Lite models over gRPC.";
constexpr char kFooter[] =
    "Exit status: 0; 1 for an error from the server or the work; 2 for bad usage.\n"
    "octet COMMAND --help tells a command's options.";

// What CLI11 fills, as text, before it is checked and given its types.
struct Raw {
  Arguments arguments;
  double timeout = 0;
  std::string model;
  std::string version;
  std::vector<std::string> inputs;
  std::vector<std::string> files;
  std::string output_dir;
  int top = 5;
  bool codes = false;
  std::string pixel_range;
  std::string store_as;
  QuantizeFlags quantize;
  std::string data;
  std::string reference;
};

// The declared commands, to be asked which one was given.
struct Commands {
  CLI::App* status;
  CLI::App* models;
  CLI::App* metadata;
  CLI::App* infer;
  CLI::App* quantize;
  CLI::App* evaluate;
};

CLI::Validator Positive() {
  return CLI::Validator(
      [](std::string& text) {
        double value;
        const bool positive = absl::SimpleAtod(text, &value) && value > 0;
        return positive ? std::string() : absl::StrCat("'", text, "' is no positive number");
      },
      "");
}

void AddGlobalOptions(CLI::App& app, Raw& raw) {
  ChannelOptions& channel = raw.arguments.channel;
  app.add_option("--address", channel.address, "The server: HOST:PORT or unix:PATH")
      ->envname("OCTET_ADDRESS")
      ->capture_default_str();
  app.add_flag("--json", raw.arguments.json, "Print one JSON document instead of text")
      ->envname("OCTET_JSON");
  app.add_option("--timeout", raw.timeout,
                 "Give up after so many seconds (default: 30; quantize and evaluate: never)")
      ->envname("OCTET_TIMEOUT")
      ->check(Positive())
      ->type_name("SECONDS");
  app.add_option("--tls-ca", channel.tls.ca, "Use TLS, trusting this authority (PEM)")
      ->envname("OCTET_TLS_CA")
      ->type_name("FILE");
  app.add_option("--tls-cert", channel.tls.cert, "Use TLS with this certificate of ours (PEM)")
      ->envname("OCTET_TLS_CERT")
      ->type_name("FILE");
  app.add_option("--tls-key", channel.tls.key, "The key of --tls-cert (PEM)")
      ->envname("OCTET_TLS_KEY")
      ->type_name("FILE");
}

void AddModel(CLI::App* command, Raw& raw) {
  command->add_option("model", raw.model, "A served model: NAME or NAME:VERSION")
      ->required()
      ->type_name("MODEL");
  command->add_option("--version", raw.version, "Its version (default: the newest)")
      ->type_name("V");
}

CLI::App* AddInfer(CLI::App& app, Raw& raw) {
  CLI::App* infer = app.add_subcommand("infer", "Run a model on files");
  AddModel(infer, raw);
  infer
      ->add_option("files", raw.files,
                   "Inputs of a model with one input, each a request: .npy, .png, raw bytes, or a "
                   "folder of them")
      ->type_name("FILE");
  infer->add_option("--input", raw.inputs, "One input of the request; once for each")
      ->allow_extra_args(false)
      ->type_name("NAME=FILE");
  infer->add_option("--output", raw.output_dir, "Write the outputs as .npy to this folder")
      ->type_name("DIR");
  infer->add_option("--top", raw.top, "Print so many of the best classes")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->type_name("K");
  infer->add_flag("--codes", raw.codes,
                  "Leave quantized outputs as the model's integers, not as real values");
  infer
      ->add_option("--pixel-range", raw.pixel_range,
                   "What black and white of a PNG mean to the model, as 0,1 or -1,1 (default: 0,1 "
                   "for FP32 inputs; the codes themselves for INT8 and UINT8)")
      ->type_name("BLACK,WHITE");
  return infer;
}

CLI::App* AddQuantize(CLI::App& app, Raw& raw) {
  CLI::App* quantize = app.add_subcommand("quantize", "Turn a float model into a quantized one");
  quantize
      ->add_option("files", raw.files,
                   "IN.tflite OUT.tflite; with --model only OUT.tflite; OUT.tflite may be left out "
                   "with --store-as")
      ->type_name("FILE");
  quantize->add_option("--model", raw.model, "Take a served model (NAME or NAME:VERSION)")
      ->type_name("MODEL");
  quantize->add_option("--version", raw.version, "The version of --model (default: the newest)")
      ->type_name("V");
  quantize
      ->add_option("--store-as", raw.store_as,
                   "Serve the result as NAME, as the next version or as NAME:VERSION")
      ->type_name("NAME[:VERSION]");
  AddQuantizeFlags(quantize, raw.quantize);
  return quantize;
}

CLI::App* AddEvaluate(CLI::App& app, Raw& raw) {
  CLI::App* evaluate =
      app.add_subcommand("evaluate", "Measure a model's accuracy and latency on a data set");
  AddModel(evaluate, raw);
  evaluate
      ->add_option("--data", raw.data,
                   "Arrays named as the model's inputs (or x), samples first, and labels")
      ->required()
      ->type_name("FILE.npz");
  evaluate->add_option("--reference", raw.reference, "Compare with this served model")
      ->type_name("MODEL");
  return evaluate;
}

std::string CommandNames(const CLI::App& app) {
  return absl::StrJoin(
      app.get_subcommands({}), ", ",
      [](std::string* out, const CLI::App* command) { absl::StrAppend(out, command->get_name()); });
}

Commands Declare(CLI::App& app, Raw& raw) {
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(kFooter);
  app.set_version_flag("--version", absl::StrCat("octet ", OCTET_VERSION));
  AddGlobalOptions(app, raw);
  Commands commands;
  commands.status = app.add_subcommand("status", "Tell whether the server is live and ready");
  commands.models = app.add_subcommand("models", "List the models and their states");
  commands.metadata = app.add_subcommand("metadata", "Describe a model's inputs and outputs");
  AddModel(commands.metadata, raw);
  commands.infer = AddInfer(app, raw);
  commands.quantize = AddQuantize(app, raw);
  commands.evaluate = AddEvaluate(app, raw);
  return commands;
}

[[noreturn]] void BadUsage(const std::string& what) { throw CLI::ValidationError(what, 2); }

ModelName Model(const Raw& raw) {
  ModelName model = ParseModelName(raw.model);
  if (!raw.version.empty()) {
    if (!model.version.empty()) BadUsage("MODEL names a version already: leave out --version");
    model.version = raw.version;
  }
  return model;
}

std::optional<PixelRange> ParsePixelRange(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  PixelRange range;
  if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &range.black) ||
      !absl::SimpleAtod(parts[1], &range.white)) {
    BadUsage(absl::StrCat("--pixel-range: '", text, "' is not two numbers as in 0,1"));
  }
  return range;
}

InferArguments MakeInfer(const Raw& raw) {
  InferArguments arguments;
  arguments.model = Model(raw);
  arguments.files = raw.files;
  arguments.output_dir = raw.output_dir;
  arguments.top = raw.top;
  arguments.codes = raw.codes;
  arguments.pixel_range = ParsePixelRange(raw.pixel_range);
  for (const std::string& input : raw.inputs) {
    const size_t equals = input.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == input.size()) {
      BadUsage(absl::StrCat("--input: '", input, "' is not NAME=FILE"));
    }
    arguments.inputs.emplace_back(input.substr(0, equals), input.substr(equals + 1));
  }
  if (arguments.inputs.empty() == arguments.files.empty()) {
    BadUsage("infer: give either FILEs or --input NAME=FILE for each input");
  }
  return arguments;
}

QuantizeArguments MakeQuantize(const Raw& raw, const CLI::App* command) {
  QuantizeArguments arguments;
  std::vector<std::string> files = raw.files;
  if (!raw.model.empty()) {
    arguments.source = Model(raw);
  } else {
    if (!raw.version.empty()) BadUsage("quantize: --version needs --model");
    if (files.empty()) BadUsage("quantize: give IN.tflite, or --model NAME for a served one");
    arguments.input_path = files.front();
    files.erase(files.begin());
  }
  if (!raw.store_as.empty()) arguments.store_as = ParseModelName(raw.store_as);
  if (files.size() > 1) BadUsage("quantize: too many files: IN.tflite OUT.tflite are wanted");
  if (files.empty() && !arguments.store_as) {
    BadUsage("quantize: give OUT.tflite, or --store-as NAME to serve the result");
  }
  if (!files.empty()) arguments.output_path = files.front();
  arguments.samples_dir = raw.quantize.samples;
  if (!raw.quantize.captured.empty()) arguments.captured = ParseModelName(raw.quantize.captured);
  arguments.report_path = raw.quantize.report;
  arguments.skip_latency = raw.quantize.skip_latency;
  arguments.options = MakeQuantizeOptions(raw.quantize, *command);
  return arguments;
}

CommandArguments MakeCommand(const Raw& raw, const CLI::App& app, const Commands& commands) {
  if (app.get_subcommands().empty()) {
    BadUsage(absl::StrCat("give a COMMAND, one of ", CommandNames(app)));
  }
  if (commands.status->parsed()) return StatusArguments{};
  if (commands.models->parsed()) return ModelsArguments{};
  if (commands.metadata->parsed()) return MetadataArguments{Model(raw)};
  if (commands.infer->parsed()) return MakeInfer(raw);
  if (commands.quantize->parsed()) return MakeQuantize(raw, commands.quantize);
  EvaluateArguments evaluate{Model(raw), raw.data, std::nullopt};
  if (!raw.reference.empty()) evaluate.reference = ParseModelName(raw.reference);
  return evaluate;
}

}  // namespace

ModelName ParseModelName(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon != std::string::npos && colon > 0 && colon + 1 < text.size() &&
      std::all_of(text.begin() + colon + 1, text.end(), absl::ascii_isdigit)) {
    return {text.substr(0, colon), text.substr(colon + 1)};
  }
  return {text, ""};
}

ParsedArguments ParseArguments(const std::vector<std::string>& args) {
  CLI::App app(kDescription, "octet");
  Raw raw;
  const Commands commands = Declare(app, raw);
  ParsedArguments parsed;
  if (args.empty()) return {std::nullopt, 2, app.help()};
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    parsed.arguments = raw.arguments;
    if (app.count("--timeout") > 0) parsed.arguments->timeout_seconds = raw.timeout;
    parsed.arguments->command = MakeCommand(raw, app, commands);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    parsed.arguments.reset();
    parsed.exit_code = code == 0 ? 0 : 2;
    parsed.text = absl::StrCat(out.str(), err.str());
  }
  return parsed;
}

}  // namespace octet::client
