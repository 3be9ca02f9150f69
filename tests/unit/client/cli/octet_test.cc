// The whole command against a server whose answers the test sets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/cli/commands.h"
#include "client/formats/npy.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/fixtures.h"

namespace octet::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class OctetTest : public ::testing::Test {
 protected:
  OctetTest() {
    FakeAnswers& answers = server_.answers();
    answers.models = {SmallModel("small")};
    answers.infer = [](const inference::ModelInferRequest&,
                       inference::ModelInferResponse* response) {
      auto* output = response->add_outputs();
      output->set_name("scores");
      output->set_datatype("FP32");
      output->add_shape(1);
      output->add_shape(3);
      response->add_raw_output_contents(Bytes<float>({0.25f, 0.5f, 0.25f}));
      return grpc::Status::OK;
    };
  }

  // Runs `octet ARGS` and keeps what it printed.
  int Octet(std::vector<std::string> args) {
    args.insert(args.begin(), {"--address", server_.address()});
    return OctetAnywhere(args);
  }

  int OctetAnywhere(const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err, terminal_, terminal_};
    const int code = RunOctet(args, console);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  Json JsonOut() const { return Json::parse(out_); }

  // A good input of the small model.
  std::string Input(const std::string& name) const {
    return folder_.Write(name, SerializeNpy({DataType::kInt8, {2, 2, 1}, "abcd"}));
  }

  FakeServer server_;
  const TemporaryFolder folder_;
  bool terminal_ = false;
  std::string out_;
  std::string err_;
};

TEST_F(OctetTest, Status) {
  EXPECT_EQ(Octet({"status"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("fake 1.2.3"), HasSubstr("live, ready")));
  EXPECT_EQ(err_, "");
  EXPECT_EQ(Octet({"status", "--json"}), 0);
  EXPECT_EQ(JsonOut()["ready"], true);
  EXPECT_EQ(JsonOut()["version"], "1.2.3");
}

TEST_F(OctetTest, AServerThatIsNotReadyIsAnError) {
  server_.answers().ready = false;
  EXPECT_EQ(Octet({"status"}), 1);
  EXPECT_THAT(err_, HasSubstr("not ready"));
}

TEST_F(OctetTest, AnUnreachableServerIsExplained) {
  std::string address;
  { address = FakeServer().address(); }
  EXPECT_EQ(OctetAnywhere({"--address", address, "status"}), 1);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, AllOf(HasSubstr(address), HasSubstr("octetd --model-repository")));
  EXPECT_EQ(OctetAnywhere({"--address", address, "status", "--json"}), 1);
  EXPECT_EQ(JsonOut()["error"]["code"], "UNAVAILABLE");
}

TEST_F(OctetTest, BadUsageEndsWithTwo) {
  EXPECT_EQ(Octet({"frobnicate"}), 2);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("frobnicate"));
  EXPECT_EQ(Octet({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("evaluate"));
}

TEST_F(OctetTest, Models) {
  EXPECT_EQ(Octet({"models"}), 0);
  EXPECT_EQ(out_,
            "MODEL  VERSION  STATE  REASON\n"
            "small        7  READY\n");
  EXPECT_EQ(Octet({"models", "--json"}), 0);
  EXPECT_EQ(JsonOut()["models"][0]["name"], "small");
  server_.answers().models.clear();
  EXPECT_EQ(Octet({"models"}), 0);
  EXPECT_EQ(out_, "The server has no models.\n");
}

TEST_F(OctetTest, MetadataWithQuantizationBesideItsTensor) {
  inference::ModelConfig& config = server_.answers().config;
  config.set_max_batch_size(16);
  (*config.mutable_parameters())["input.image.scale"].set_string_value("0.5");
  (*config.mutable_parameters())["input.image.zero_point"].set_string_value("-128");
  (*config.mutable_parameters())["batchable"].set_string_value("true");
  EXPECT_EQ(Octet({"metadata", "small"}), 0);
  EXPECT_EQ(out_,
            "model           small\n"
            "versions        7\n"
            "platform        tflite\n"
            "max_batch_size  16\n"
            "batchable       true\n"
            "input   image   INT8  [-1,2,2,1]  scale 0.5  zero point -128\n"
            "output  scores  FP32  [-1,3]\n");
  EXPECT_EQ(Octet({"metadata", "small", "--json"}), 0);
  EXPECT_EQ(JsonOut()["inputs"][0]["shape"], Json({-1, 2, 2, 1}));
  EXPECT_EQ(JsonOut()["parameters"]["input.image.scale"], "0.5");
}

TEST_F(OctetTest, AnUnknownModelListsThoseThatExist) {
  EXPECT_EQ(Octet({"metadata", "smal"}), 1);
  EXPECT_THAT(err_,
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("'smal'"), HasSubstr("small (version 7)")));
}

TEST_F(OctetTest, InferPrintsTheBestClasses) {
  EXPECT_EQ(Octet({"infer", "small", Input("a.npy"), "--top", "1"}), 0);
  EXPECT_THAT(out_, HasSubstr("class  1  0.5000"));
  EXPECT_EQ(err_, "");
  const auto& request = server_.answers().infer_requests.at(0);
  EXPECT_EQ(request.inputs(0).name(), "image");
  EXPECT_EQ(request.raw_input_contents(0), "abcd");
  EXPECT_TRUE(request.parameters().at("dequantize").bool_param());
  EXPECT_EQ(Octet({"infer", "small", Input("a.npy"), "--codes"}), 0);
  EXPECT_EQ(server_.answers().infer_requests.at(1).parameters_size(), 0);
}

TEST_F(OctetTest, InferAFolderIsALineAFileAndWritesOutputs) {
  Input("a.npy");
  Input("b.npy");
  const std::string output = folder_.path("out/deep");
  EXPECT_EQ(Octet({"infer", "small", folder_.path(), "--output", output, "--top", "1"}), 0);
  EXPECT_EQ(out_, folder_.path("a.npy") + "  1:0.5000\n" + folder_.path("b.npy") + "  1:0.5000\n");
  std::ifstream file(output + "/b.scores.npy", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(ParseNpy(bytes)->data, Bytes<float>({0.25f, 0.5f, 0.25f}));
  EXPECT_EQ(Octet({"infer", "small", folder_.path(), "--json"}), 0);
  EXPECT_EQ(JsonOut()["version"], "7");
  EXPECT_EQ(JsonOut()["results"].size(), 2);
  EXPECT_EQ(JsonOut()["results"][1]["outputs"][0]["top"][0][0]["class"], 1);
}

TEST_F(OctetTest, ProgressIsForTerminals) {
  Input("a.npy");
  Input("b.npy");
  EXPECT_EQ(Octet({"infer", "small", folder_.path()}), 0);
  EXPECT_EQ(err_, "");
  terminal_ = true;
  EXPECT_EQ(Octet({"infer", "small", folder_.path()}), 0);
  EXPECT_THAT(err_, HasSubstr(" 50% "));
  EXPECT_THAT(out_, Not(HasSubstr("%")));
}

TEST_F(OctetTest, InferNamesTheFileThatFails) {
  const std::string bad = folder_.Write("bad.npy", SerializeNpy({DataType::kInt8, {3}, "abc"}));
  EXPECT_EQ(Octet({"infer", "small", bad}), 1);
  EXPECT_THAT(err_, AllOf(HasSubstr(bad), HasSubstr("[3]"), HasSubstr("[-1,2,2,1]")));
  server_.answers().infer = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue is full");
  };
  EXPECT_EQ(Octet({"infer", "small", Input("a.npy")}), 1);
  EXPECT_THAT(
      err_, AllOf(HasSubstr("RESOURCE_EXHAUSTED"), HasSubstr("a.npy"), HasSubstr("queue is full")));
}

void FillReport(octet::v1::QuantizeReport& report) {
  report.set_bytes_before(4000);
  report.set_bytes_after(1000);
  auto* weights = report.add_tensors();
  weights->set_tensor("dense/kernel");
  weights->set_op("FULLY_CONNECTED");
  weights->set_quantized(true);
  weights->set_elements(900);
  weights->set_bytes_before(3600);
  weights->set_bytes_after(900);
  weights->set_scales(9);
  weights->set_sqnr_db(41.25);
  auto* bias = report.add_tensors();
  bias->set_tensor("dense/bias");
  bias->set_op("FULLY_CONNECTED");
  bias->set_reason("fewer than 1024 elements");
}

TEST_F(OctetTest, QuantizeWritesTheModelAndTellsWhatBecameOfEachTensor) {
  FillReport(server_.answers().quantize_report);
  server_.answers().quantize_chunks = {"quan", "tized"};
  const std::string in = folder_.Write("in.tflite", "float model");
  const std::string out = folder_.path("out.tflite");
  EXPECT_EQ(Octet({"quantize", in, out, "--min-elements", "5", "--per-tensor"}), 0);
  EXPECT_EQ(server_.answers().quantize_source, "float model");
  const octet::v1::QuantizeStart& start = server_.answers().quantize_start;
  EXPECT_FALSE(start.has_source());
  EXPECT_TRUE(start.return_model());
  EXPECT_EQ(start.options().min_weight_elements(), 5);
  EXPECT_TRUE(start.options().per_tensor());
  std::ifstream file(out, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "quantized");
  EXPECT_THAT(
      out_, AllOf(HasSubstr("quantized, 9 scales, SQNR 41.2 dB"),
                  HasSubstr("kept: fewer than 1024 elements"),
                  HasSubstr("1 of 2 tensors quantized; 3.9 KiB -> 1000 B (25 %)"), HasSubstr(out)));
}

TEST_F(OctetTest, QuantizeOfAServedModelMayOnlyStoreIt) {
  FillReport(server_.answers().quantize_report);
  server_.answers().quantize_report.mutable_stored_as()->set_name("q");
  server_.answers().quantize_report.mutable_stored_as()->set_version("2");
  EXPECT_EQ(Octet({"quantize", "--model", "small:7", "--store-as", "q", "--json"}), 0);
  const octet::v1::QuantizeStart& start = server_.answers().quantize_start;
  EXPECT_EQ(start.source().version(), "7");
  EXPECT_EQ(start.store_as().name(), "q");
  EXPECT_FALSE(start.return_model());
  EXPECT_EQ(JsonOut()["stored_as"]["version"], "2");
  EXPECT_EQ(JsonOut()["tensors"][1]["reason"], "fewer than 1024 elements");
}

std::string OneSample(const TemporaryFolder& folder) {
  folder.Write("1.npz",
               MakeZip({{"a.npy", SerializeNpy({DataType::kFp32, {1, 2}, Bytes<float>({1, 2})})},
                        {"b.npy", SerializeNpy({DataType::kInt8, {1}, "z"})}}));
  return folder.path();
}

TEST_F(OctetTest, QuantizeSendsSamplesShowsLayersAndWritesThePage) {
  octet::v1::QuantizeReport& report = server_.answers().quantize_report;
  FillReport(report);
  for (const auto& [name, sqnr] : {std::pair("good", 50.0), std::pair("bad", 10.0)}) {
    octet::v1::LayerReport* const layer = report.add_layers();
    layer->set_op("CONV_2D");
    layer->set_tensor(name);
    layer->set_quantized(true);
    layer->mutable_error()->set_sqnr_db(sqnr);
  }
  server_.answers().quantize_chunks = {"quantized"};
  const TemporaryFolder samples;
  const std::string page = folder_.path("report.html");
  ASSERT_EQ(Octet({"quantize", "--model", "small", folder_.path("out"), "--mode", "full-integer",
                   "--samples", OneSample(samples), "--report", page}),
            0)
      << err_;
  const std::vector<octet::v1::SamplePart>& parts = server_.answers().quantize_samples;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name(), "a");
  EXPECT_EQ(parts[0].datatype(), "FP32");
  EXPECT_EQ(parts[0].shape_size(), 2);
  EXPECT_FALSE(parts[0].last());
  EXPECT_EQ(parts[1].data(), "z");
  EXPECT_TRUE(parts[1].last());
  EXPECT_LT(out_.find("bad"), out_.find("good"));
  std::ifstream file(page);
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}),
              AllOf(HasSubstr("<h1>small</h1>"), HasSubstr("bad"), HasSubstr("</html>")));
}

TEST_F(OctetTest, QuantizeNamesTheFileOfAWrongSample) {
  server_.answers().quantize_status = {grpc::StatusCode::INVALID_ARGUMENT,
                                       "sample 0, input 'a' has shape [1,2]"};
  const TemporaryFolder samples;
  EXPECT_EQ(
      Octet({"quantize", "--model", "small", folder_.path("out"), "--samples", OneSample(samples)}),
      1);
  EXPECT_THAT(err_, AllOf(HasSubstr("has shape [1,2]"), HasSubstr("1.npz")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("out")));
}

TEST_F(OctetTest, AFailedQuantizationLeavesNoFile) {
  server_.answers().quantize_status = {grpc::StatusCode::FAILED_PRECONDITION, "quantized already"};
  const std::string in = folder_.Write("in.tflite", "int8 model");
  const std::string out = folder_.path("out.tflite");
  EXPECT_EQ(Octet({"quantize", in, out}), 1);
  EXPECT_THAT(err_, HasSubstr("FAILED_PRECONDITION: quantized already"));
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_EQ(Octet({"quantize", folder_.path("none"), out}), 1);
  EXPECT_THAT(err_, AllOf(HasSubstr("none"), Not(HasSubstr("The server has"))));
}

std::string SampleFile(const TemporaryFolder& folder, bool labels) {
  std::vector<std::pair<std::string, std::string>> entries = {
      {"x.npy", SerializeNpy({DataType::kInt8, {2, 2, 2, 1}, "abcdefgh"})}};
  if (labels) {
    entries.push_back(
        {"labels.npy", SerializeNpy({DataType::kInt64, {2}, Bytes<int64_t>({1, 2})})});
  }
  return folder.Write("data.npz", MakeZip(entries));
}

TEST_F(OctetTest, EvaluatePrintsModelAndReferenceSideBySide) {
  octet::v1::EvaluateResponse& report = server_.answers().evaluation;
  report.set_samples(2);
  report.mutable_model()->set_name("small");
  report.mutable_model()->set_version("7");
  report.mutable_reference()->set_name("float");
  report.set_top1(0.5);
  report.set_reference_top1(1);
  report.set_agreement(0.75);
  report.set_mse(0.001);
  report.set_sqnr_db(30.5);
  report.mutable_latency()->set_p50_us(12);
  report.mutable_reference_latency()->set_p50_us(2400);
  report.set_model_bytes(2048);
  report.set_reference_bytes(8192);
  EXPECT_EQ(
      Octet({"evaluate", "small", "--data", SampleFile(folder_, true), "--reference", "float"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("2 samples                 small:7     float\n"),
                          HasSubstr("accuracy (top 1)          50.00 %  100.00 %"),
                          HasSubstr("latency p50               12.0 us   2.40 ms"),
                          HasSubstr("agreement with reference  75.00 %"), HasSubstr("30.5 dB"),
                          HasSubstr("2.0 KiB")));
  const octet::v1::EvaluateRequest& request = server_.answers().evaluate_request;
  EXPECT_EQ(request.inputs(0).name(), "image");
  EXPECT_EQ(request.inputs(0).data(), "abcdefgh");
  EXPECT_EQ(request.labels(1), 2);
  EXPECT_EQ(Octet({"evaluate", "small", "--data", SampleFile(folder_, true), "--json"}), 0);
  EXPECT_EQ(JsonOut()["top1"], 0.5);
  EXPECT_EQ(JsonOut()["reference"]["latency_us"]["p50"], 2400);
  EXPECT_FALSE(JsonOut().contains("top5"));
}

TEST_F(OctetTest, EvaluateNeedsLabelsOrAReference) {
  EXPECT_EQ(Octet({"evaluate", "small", "--data", SampleFile(folder_, false)}), 1);
  EXPECT_THAT(err_, AllOf(HasSubstr("labels"), HasSubstr("--reference")));
  EXPECT_EQ(Octet({"evaluate", "small", "--data", folder_.Write("x.npz", "no zip")}), 1);
  EXPECT_THAT(err_, HasSubstr("x.npz"));
}

}  // namespace
}  // namespace octet::client
