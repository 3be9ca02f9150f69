// octet infer: a model on files.
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"
#include "client/cli/infer_files.h"
#include "client/cli/infer_report.h"
#include "client/cli/progress.h"
#include "client/formats/npy.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

using Json = nlohmann::ordered_json;

// Runs job after job and prints each result as it comes, or all of them as one document.
class Inference {
 public:
  Inference(const Context& context, const InferArguments& arguments, std::vector<InputSpec> specs)
      : context_(context),
        arguments_(arguments),
        specs_(std::move(specs)),
        names_(arguments.output_dir) {
    request_.model = arguments.model;
    request_.dequantize = !arguments.codes;
  }

  absl::Status RunAll(const std::vector<InferJob>& jobs) {
    Console& console = context_.console;
    ProgressBar bar(console.err, console.err_is_terminal && jobs.size() > 1);
    for (size_t i = 0; i < jobs.size(); ++i) {
      bar.Update(static_cast<double>(i) / jobs.size(), jobs[i].title);
      absl::Status status = RunOne(jobs[i], jobs.size() > 1, bar);
      if (!status.ok()) return status;
    }
    if (console.json) {
      bar.Clear();
      WriteJson(console.out, {{"model", answered_by_.name},
                              {"version", answered_by_.version},
                              {"results", std::move(results_)}});
    }
    return absl::OkStatus();
  }

 private:
  absl::Status RunOne(const InferJob& job, bool one_of_many, ProgressBar& bar) {
    auto inputs = LoadInputs(job, specs_, arguments_.pixel_range);
    if (!inputs.ok()) return inputs.status();
    request_.inputs = *std::move(inputs);
    absl::StatusOr<InferResult> result = context_.client.Infer(request_);
    if (!result.ok()) {
      const absl::Status why = context_.Explain(result.status());
      return job.title.empty()
                 ? why
                 : absl::Status(why.code(), absl::StrCat(job.title, ": ", why.message()));
    }
    answered_by_ = result->model;
    std::vector<std::string> written;
    absl::Status status = Write(job, result->outputs, written);
    if (!status.ok()) return status;
    if (context_.console.json) {
      results_.push_back(ResultJson(job.title, result->outputs, arguments_.top, written));
      return absl::OkStatus();
    }
    // On a terminal the bar and the results share the screen.
    if (context_.console.out_is_terminal) bar.Clear();
    context_.console.out << (one_of_many
                                 ? ResultLines(job.title, result->outputs, arguments_.top)
                                 : ResultText(job.title, result->outputs, arguments_.top, written));
    return absl::OkStatus();
  }

  absl::Status Write(const InferJob& job, const std::vector<Tensor>& outputs,
                     std::vector<std::string>& written) {
    if (arguments_.output_dir.empty()) return absl::OkStatus();
    for (const Tensor& tensor : outputs) {
      written.push_back(names_.Next(job.title, tensor.name));
      absl::Status status =
          WriteFile(written.back(), SerializeNpy({tensor.type, tensor.shape, tensor.data}));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const Context& context_;
  const InferArguments& arguments_;
  const std::vector<InputSpec> specs_;
  InferRequest request_;
  OutputNames names_;
  ModelName answered_by_;
  Json results_ = Json::array();
};

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  if (!path.empty()) std::filesystem::create_directories(path, error);
  return error ? absl::ErrnoToStatus(error.value(), path) : absl::OkStatus();
}

}  // namespace

absl::Status Run(const Context& context, const InferArguments& arguments) {
  const auto metadata = context.client.Metadata(arguments.model);
  if (!metadata.ok()) return context.Explain(metadata.status());
  auto specs = InputSpecs(*metadata);
  if (!specs.ok()) return specs.status();
  const auto jobs = PlanJobs(arguments, *specs);
  if (!jobs.ok()) return jobs.status();
  absl::Status status = MakeFolder(arguments.output_dir);
  if (!status.ok()) return status;
  return Inference(context, arguments, *std::move(specs)).RunAll(*jobs);
}

}  // namespace octet::client
