#include "server/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "octet/v1/config.pb.h"
#include "server/base/text_proto.h"
#include "server/models/served_model.h"
#include "server/version.h"

namespace octet::server {
namespace {

using google::protobuf::FieldDescriptor;
using octet::v1::ServerConfig;

// One row for each field of ServerConfig.
struct Flag {
  const char* field;
  const char* value;  // what stands for the value in the help; empty for a switch
  const char* help;
};

constexpr Flag kFlags[] = {
    {"model_repository", "DIR",
     "Directory of models: DIR/<model>/<version>/model.tflite or "
     "DIR/<model>.tflite"},
    {"grpc_address", "ADDRESS",
     "Address to serve gRPC on, HOST:PORT or unix:PATH [127.0.0.1:8001]"},
    {"metrics_address", "ADDRESS", "Address to serve /metrics on, HOST:PORT [127.0.0.1:8002]"},
    {"http_address", "ADDRESS",
     "Address to serve the protocol's REST form on, HOST:PORT, in plain text [not served]"},
    {"threads", "N", "Threads that compute [the processors that the process may use]"},
    {"isa", "NAME", "Most capable instruction set to use; --version lists them [auto]"},
    {"rounding", "RULE", "float32 or fixed_point: whose answers integer models give [float32]"},
    {"max_batch_size", "N", "Most rows of one run [16]"},
    {"batch_timeout_us", "N",
     "Longest wait for rows to share a run, in microseconds; 0 waits only "
     "while all workers are busy [0]"},
    {"max_queue_rows", "N", "Most rows that wait, per model [1024]"},
    {"max_queue_bytes", "N", "Most bytes that wait, per model [268435456]"},
    {"max_total_queue_rows", "N",
     "Most rows that wait, of all models together [8 * max_queue_rows]"},
    {"max_total_queue_bytes", "N",
     "Most bytes that wait, of all models together [2 * max_queue_bytes]"},
    {"max_inflight_bytes", "N",
     "Most bytes of inference requests under way and their answers [4 * max_message_bytes]"},
    {"max_message_bytes", "N", "Largest request [268435456]"},
    {"drain_seconds", "S",
     "Longest time from SIGTERM to the end; new requests are taken for most "
     "of it, as long as they keep coming [10]"},
    {"insecure", "", "Allow plain text on addresses that other machines reach"},
    {"tls_cert", "FILE", "Certificate chain of the server (PEM); turns TLS on for gRPC"},
    {"tls_key", "FILE", "Key of the certificate (PEM)"},
    {"tls_client_ca", "FILE", "Certificates whose clients are let in (PEM); others are refused"},
    {"log_format", "FORMAT", "text or json [text]"},
    {"reload", "HOW",
     "How changes in the repository are found: watch (the system tells), poll (looking every few "
     "seconds) or off [watch]"},
    {"enable_shared_memory", "", "Let clients on this machine pass tensors in shared memory"},
    {"capture_requests", "N",
     "Newest requests of each model to keep in memory, as samples for a quantization [0]"},
    {"capture_bytes", "N", "Most bytes of them, per model [16777216]"},
    {"allow_model_override", "", "Let clients load models from bytes and settings in a request"},
};

std::string FlagName(const std::string& field) {
  return "--" + absl::StrReplaceAll(field, {{"_", "-"}});
}
std::string EnvironmentName(const std::string& field) {
  return "OCTET_" + absl::AsciiStrToUpper(field);
}

absl::Status Wrong(absl::string_view name, absl::string_view value, absl::string_view right) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": '", value, "' is no ", right));
}

// Sets a field from text; `name` is how the user called it.
absl::Status SetField(ServerConfig& config, const FieldDescriptor* field, const std::string& name,
                      const std::string& text) {
  const google::protobuf::Reflection& reflection = *config.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&config, field, text);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t value;
      if (!absl::SimpleAtoi(text, &value)) return Wrong(name, text, "whole number");
      reflection.SetInt32(&config, field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t value;
      if (!absl::SimpleAtoi(text, &value)) return Wrong(name, text, "whole number");
      reflection.SetInt64(&config, field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double value;
      if (!absl::SimpleAtod(text, &value)) return Wrong(name, text, "number");
      reflection.SetDouble(&config, field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      bool value;
      if (!absl::SimpleAtob(text, &value)) return Wrong(name, text, "true or false");
      reflection.SetBool(&config, field, value);
      return absl::OkStatus();
    }
    default:
      return Wrong(name, text, "value of a known type");
  }
}

const FieldDescriptor* FindField(const Flag& flag) {
  return ServerConfig::descriptor()->FindFieldByName(flag.field);
}

absl::StatusOr<ServerConfig> FromEnvironment(const Environment& env) {
  ServerConfig config;
  for (const Flag& flag : kFlags) {
    const std::string name = EnvironmentName(flag.field);
    const std::optional<std::string> text = env(name);
    if (!text.has_value() || text->empty()) continue;
    if (absl::Status set = SetField(config, FindField(flag), name, *text); !set.ok()) return set;
  }
  return config;
}

absl::Status CheckRange(absl::string_view field, int64_t value, SettingRange range) {
  if (range.Contains(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(FlagName(std::string(field)), ": ", value,
                                                 " is not from ", range.least, " to ", range.most));
}

absl::Status CheckNumbers(const ServerOptions& options) {
  absl::Status status;
  status.Update(CheckRange("threads", options.threads, {0, 4096}));
  status.Update(CheckRange("max_batch_size", options.max_batch_size, kBatchSizeRange));
  status.Update(CheckRange("batch_timeout_us", options.batch_timeout_us, kBatchTimeoutUsRange));
  status.Update(CheckRange("max_queue_rows", options.max_queue_rows, kQueueRange));
  status.Update(CheckRange("max_queue_bytes", options.max_queue_bytes, kQueueRange));
  status.Update(CheckRange("max_total_queue_rows", options.max_total_queue_rows, kQueueRange));
  status.Update(CheckRange("max_total_queue_bytes", options.max_total_queue_bytes, kQueueRange));
  status.Update(CheckRange("max_inflight_bytes", options.max_inflight_bytes, kQueueRange));
  status.Update(CheckRange("capture_requests", options.capture_requests, kCaptureRequestsRange));
  status.Update(CheckRange("capture_bytes", options.capture_bytes, kCaptureBytesRange));
  status.Update(CheckRange("max_message_bytes", options.max_message_bytes,
                           {1, std::numeric_limits<int32_t>::max()}));
  if (!(options.drain_seconds >= 0 && options.drain_seconds <= 86400)) {
    status.Update(absl::InvalidArgumentError("--drain-seconds: must be from 0 to 86400"));
  }
  return status;
}

absl::Status CheckSecurity(const ServerOptions& options) {
  const TlsFiles& tls = options.tls;
  if (tls.cert.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key are needed together");
  }
  if (tls.cert.empty() && !tls.client_ca.empty()) {
    return absl::InvalidArgumentError("--tls-client-ca needs --tls-cert and --tls-key");
  }
  if (options.metrics_address.unix_socket) {
    return absl::InvalidArgumentError("--metrics-address: must be HOST:PORT");
  }
  if (options.http_address.has_value()) {
    if (options.http_address->unix_socket) {
      return absl::InvalidArgumentError("--http-address: must be HOST:PORT");
    }
    if (!options.http_address->IsLocal() && !options.insecure) {
      return absl::InvalidArgumentError(
          absl::StrCat(options.http_address->ToString(),
                       " can be reached from other machines, in plain text: allow that with "
                       "--insecure"));
    }
  }
  for (const ListenAddress* address : {&options.grpc_address, &options.metrics_address}) {
    if (address->IsLocal() || options.insecure || !tls.cert.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(address->ToString(),
                     " can be reached from other machines: give --tls-cert and --tls-key, "
                     "or allow plain text with --insecure"));
  }
  return absl::OkStatus();
}

// Fields that need more than copying.
absl::Status ReadTexts(const ServerConfig& config, ServerOptions& options) {
  const auto address = [](const char* field, const std::string& text, ListenAddress* out) {
    absl::StatusOr<ListenAddress> parsed = ParseListenAddress(text);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(FlagName(field), ": ", parsed.status().message()));
    }
    *out = *parsed;
    return absl::OkStatus();
  };
  absl::Status status;
  if (config.has_grpc_address()) {
    status.Update(address("grpc_address", config.grpc_address(), &options.grpc_address));
  }
  if (config.has_metrics_address()) {
    status.Update(address("metrics_address", config.metrics_address(), &options.metrics_address));
  }
  if (!config.http_address().empty()) {
    options.http_address.emplace();
    status.Update(address("http_address", config.http_address(), &*options.http_address));
  }
  if (config.has_rounding()) {
    absl::StatusOr<Rounding> rounding = ParseRounding(config.rounding());
    if (rounding.ok()) {
      options.rounding = *rounding;
    } else {
      status.Update(Wrong("--rounding", config.rounding(), "rule: float32 and fixed_point are"));
    }
  }
  if (config.has_reload()) {
    absl::StatusOr<ReloadMode> reload = ParseReloadMode(config.reload());
    if (reload.ok()) {
      options.reload = *reload;
    } else {
      status.Update(Wrong("--reload", config.reload(), "way to reload: off, poll and watch are"));
    }
  }
  if (config.has_log_format()) {
    if (config.log_format() != "text" && config.log_format() != "json") {
      status.Update(Wrong("--log-format", config.log_format(), "format: text and json are"));
    }
    options.log_format = config.log_format() == "json" ? LogFormat::kJson : LogFormat::kText;
  }
  return status;
}

// Where they are not given they grow with the limits of one model and of one request: otherwise who
// raises these would find requests refused that they allow.
void SetTotals(const ServerConfig& config, ServerOptions& options) {
  const auto total = [](bool has, int64_t value, int64_t times, int64_t one) {
    if (has) return value;
    return one > kQueueRange.most / times ? kQueueRange.most : times * one;
  };
  options.max_total_queue_rows = total(config.has_max_total_queue_rows(),
                                       config.max_total_queue_rows(), 8, options.max_queue_rows);
  options.max_total_queue_bytes = total(config.has_max_total_queue_bytes(),
                                        config.max_total_queue_bytes(), 2, options.max_queue_bytes);
  options.max_inflight_bytes = total(config.has_max_inflight_bytes(), config.max_inflight_bytes(),
                                     4, options.max_message_bytes);
}

absl::StatusOr<ServerOptions> ToOptions(const ServerConfig& config) {
  ServerOptions options;
  if (!config.has_model_repository() || config.model_repository().empty()) {
    return absl::InvalidArgumentError("--model-repository is needed: the directory of models");
  }
  if (config.has_threads() && config.threads() < 1) {
    return absl::InvalidArgumentError("--threads: must be at least 1");
  }
  if (absl::Status texts = ReadTexts(config, options); !texts.ok()) return texts;
  const auto set = [](bool has, auto value, auto& out) {
    if (has) out = value;
  };
  options.model_repository = config.model_repository();
  set(config.has_threads(), config.threads(), options.threads);
  set(config.has_isa(), config.isa(), options.isa);
  set(config.has_max_batch_size(), config.max_batch_size(), options.max_batch_size);
  set(config.has_batch_timeout_us(), config.batch_timeout_us(), options.batch_timeout_us);
  set(config.has_max_queue_rows(), config.max_queue_rows(), options.max_queue_rows);
  set(config.has_max_queue_bytes(), config.max_queue_bytes(), options.max_queue_bytes);
  set(config.has_max_message_bytes(), config.max_message_bytes(), options.max_message_bytes);
  SetTotals(config, options);
  set(config.has_capture_requests(), config.capture_requests(), options.capture_requests);
  set(config.has_capture_bytes(), config.capture_bytes(), options.capture_bytes);
  set(config.has_drain_seconds(), config.drain_seconds(), options.drain_seconds);
  options.insecure = config.insecure();
  options.allow_model_override = config.allow_model_override();
  options.enable_shared_memory = config.enable_shared_memory();
  options.tls = {config.tls_cert(), config.tls_key(), config.tls_client_ca()};
  if (absl::Status numbers = CheckNumbers(options); !numbers.ok()) return numbers;
  if (absl::Status security = CheckSecurity(options); !security.ok()) return security;
  return options;
}

// Flags as CLI11 leaves them.
struct RawFlags {
  std::string values[std::size(kFlags)];
  std::string config;
  bool list_ops = false;
  bool json = false;
  bool version = false;
};

void DeclareFlags(CLI::App& app, RawFlags& raw) {
  for (int i = 0; i < std::size(kFlags); ++i) {
    const std::string name = FlagName(kFlags[i].field);
    if (*kFlags[i].value == '\0') {
      app.add_flag(name, raw.values[i], kFlags[i].help);
    } else {
      app.add_option(name, raw.values[i], kFlags[i].help)->type_name(kFlags[i].value);
    }
  }
  app.add_option("--config", raw.config,
                 "Settings in protobuf text format, named as the flags with '_' for '-'")
      ->type_name("FILE");
  CLI::Option* const list =
      app.add_flag("--list-ops", raw.list_ops, "List operators with versions and types, and exit");
  app.add_flag("--json", raw.json, "List as JSON")->needs(list);
  app.add_flag("--version", raw.version, "Show version and instruction sets, and exit");
  app.footer(
      "Each flag is also an environment variable: --max-batch-size is "
      "OCTET_MAX_BATCH_SIZE.\nA flag beats the environment, which beats the file.");
}

absl::StatusOr<ServerConfig> MergeSources(const CLI::App& app, const RawFlags& raw,
                                          const Environment& env) {
  ServerConfig merged;
  const std::string path = !raw.config.empty() ? raw.config : env("OCTET_CONFIG").value_or("");
  if (!path.empty()) {
    if (absl::Status read = ReadTextProto(path, &merged); !read.ok()) return read;
  }
  absl::StatusOr<ServerConfig> environment = FromEnvironment(env);
  if (!environment.ok()) return environment.status();
  merged.MergeFrom(*environment);
  for (int i = 0; i < std::size(kFlags); ++i) {
    const std::string name = FlagName(kFlags[i].field);
    if (app.count(name) == 0) continue;
    absl::Status set = SetField(merged, FindField(kFlags[i]), name, raw.values[i]);
    if (!set.ok()) return set;
  }
  return merged;
}

}  // namespace

absl::StatusOr<Command> ParseCommand(const std::vector<std::string>& args, const Environment& env) {
  CLI::App app("Serves quantized TensorFlow Lite models over gRPC.", "octetd");
  RawFlags raw;
  DeclareFlags(app, raw);
  Command command;
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them reversed
  } catch (const CLI::CallForHelp&) {
    command.kind = Command::Kind::kShowText;
    command.text = app.help();
    return command;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  if (raw.version) {
    command.kind = Command::Kind::kShowText;
    command.text = absl::StrCat("octetd ", kVersion, "\ninstruction sets built: ", BuiltIsaNames(),
                                "\ninstruction sets found: ", FoundIsaNames(), "\n");
    return command;
  }
  if (raw.list_ops) {
    command.kind = Command::Kind::kListOps;
    command.json = raw.json;
    return command;
  }
  absl::StatusOr<ServerConfig> config = MergeSources(app, raw, env);
  if (!config.ok()) return config.status();
  absl::StatusOr<ServerOptions> options = ToOptions(*config);
  if (!options.ok()) return options.status();
  command.options = *std::move(options);
  return command;
}

}  // namespace octet::server
