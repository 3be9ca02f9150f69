// The commands that tell what there is: status, models, metadata.
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/commands.h"
#include "client/cli/table.h"

namespace octet::client {
namespace {

using Json = nlohmann::ordered_json;
using inference::ModelMetadataResponse;
using Align = Table::Align;

// `live` is never false of a server that answers; not being ready is an answer, but no success.
absl::Status NotReady(const ServerStatus& status) {
  if (status.live && status.ready) return absl::OkStatus();
  return absl::UnavailableError(status.live ? "the server is live, but not ready"
                                            : "the server is not live");
}

template <typename Tensors>
Json TensorsJson(const Tensors& tensors) {
  Json list = Json::array();
  for (const auto& tensor : tensors) {
    list.push_back({{"name", tensor.name()},
                    {"datatype", tensor.datatype()},
                    {"shape", std::vector<int64_t>(tensor.shape().begin(), tensor.shape().end())}});
  }
  return list;
}

Json MetadataJson(const ModelMetadataResponse& metadata, const inference::ModelConfig& config) {
  Json document = {{"name", metadata.name()},
                   {"versions", std::vector<std::string>(metadata.versions().begin(),
                                                         metadata.versions().end())},
                   {"platform", metadata.platform()},
                   {"max_batch_size", config.max_batch_size()},
                   {"inputs", TensorsJson(metadata.inputs())},
                   {"outputs", TensorsJson(metadata.outputs())},
                   {"parameters", Json::object()}};
  for (const auto& [key, value] : config.parameters()) {
    document["parameters"][key] = value.string_value();
  }
  return document;
}

// A tensor's row; its quantization, which the server gives as parameters, is taken out of them.
void AddTensorRow(const std::string& kind, const ModelMetadataResponse::TensorMetadata& tensor,
                  std::map<std::string, std::string>& parameters, Table& table) {
  const std::vector<int64_t> shape(tensor.shape().begin(), tensor.shape().end());
  const std::string prefix = absl::StrCat(kind, ".", tensor.name(), ".");
  const auto scale = parameters.extract(prefix + "scale");
  const auto zero_point = parameters.extract(prefix + "zero_point");
  table.AddRow({kind, tensor.name(), tensor.datatype(), ShapeText(shape),
                scale.empty() ? "" : absl::StrCat("scale ", scale.mapped()),
                zero_point.empty() ? "" : absl::StrCat("zero point ", zero_point.mapped())});
}

std::string MetadataText(const ModelMetadataResponse& metadata,
                         const inference::ModelConfig& config) {
  std::map<std::string, std::string> parameters;
  for (const auto& [key, value] : config.parameters()) parameters[key] = value.string_value();
  Table tensors(std::vector<Align>(6, Align::kLeft));
  for (const auto& input : metadata.inputs()) AddTensorRow("input", input, parameters, tensors);
  for (const auto& output : metadata.outputs()) AddTensorRow("output", output, parameters, tensors);
  Table rest({Align::kLeft, Align::kLeft});
  rest.AddRow({"model", metadata.name()});
  rest.AddRow({"versions", absl::StrJoin(metadata.versions(), ", ")});
  rest.AddRow({"platform", metadata.platform()});
  if (config.max_batch_size() > 0) {
    rest.AddRow({"max_batch_size", absl::StrCat(config.max_batch_size())});
  }
  for (const auto& [key, value] : parameters) rest.AddRow({key, value});
  return absl::StrCat(rest.Format(), tensors.Format());
}

}  // namespace

absl::Status Run(const Context& context, const StatusArguments&) {
  const absl::StatusOr<ServerStatus> status = context.client.Status();
  if (!status.ok()) return context.Explain(status.status());
  const absl::Status verdict = NotReady(*status);
  if (!verdict.ok()) return verdict;
  Console& console = context.console;
  if (console.json) {
    WriteJson(console.out, {{"address", context.address},
                            {"live", status->live},
                            {"ready", status->ready},
                            {"name", status->name},
                            {"version", status->version},
                            {"extensions", status->extensions}});
  } else {
    console.out << Printable(status->name) << " " << Printable(status->version) << " at "
                << context.address << ": live, ready\n";
  }
  return absl::OkStatus();
}

absl::Status Run(const Context& context, const ModelsArguments&) {
  const auto index = context.client.Models();
  if (!index.ok()) return context.Explain(index.status());
  Console& console = context.console;
  if (console.json) {
    Json models = Json::array();
    for (const auto& model : index->models()) {
      models.push_back({{"name", model.name()},
                        {"version", model.version()},
                        {"state", model.state()},
                        {"reason", model.reason()}});
    }
    WriteJson(console.out, {{"models", std::move(models)}});
    return absl::OkStatus();
  }
  if (index->models().empty()) {
    console.out << "The server has no models.\n";
    return absl::OkStatus();
  }
  Table table({Align::kLeft, Align::kRight, Align::kLeft, Align::kLeft});
  table.AddRow({"MODEL", "VERSION", "STATE", "REASON"});
  for (const auto& model : index->models()) {
    table.AddRow({model.name(), model.version(), model.state(), model.reason()});
  }
  console.out << table.Format();
  return absl::OkStatus();
}

absl::Status Run(const Context& context, const MetadataArguments& arguments) {
  const auto metadata = context.client.Metadata(arguments.model);
  if (!metadata.ok()) return context.Explain(metadata.status());
  const auto config = context.client.Config(arguments.model);
  if (!config.ok()) return context.Explain(config.status());
  Console& console = context.console;
  if (console.json) {
    WriteJson(console.out, MetadataJson(*metadata, *config));
  } else {
    console.out << MetadataText(*metadata, *config);
  }
  return absl::OkStatus();
}

}  // namespace octet::client
