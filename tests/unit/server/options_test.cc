#include "server/options.h"

#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "octet/v1/config.pb.h"

namespace octet::server {
namespace {

using testing::HasSubstr;

class OptionsTest : public testing::Test {
 protected:
  absl::StatusOr<Command> Parse(std::vector<std::string> args) {
    return ParseCommand(args, [this](const std::string& name) -> std::optional<std::string> {
      const auto it = environment_.find(name);
      if (it == environment_.end()) return std::nullopt;
      return it->second;
    });
  }
  ServerOptions Options(std::vector<std::string> args) {
    args.insert(args.begin(), {"--model-repository", "/models"});
    const absl::StatusOr<Command> command = Parse(args);
    EXPECT_TRUE(command.ok()) << command.status();
    return command.ok() ? command->options : ServerOptions{};
  }
  std::string Refusal(std::vector<std::string> args) {
    args.insert(args.begin(), {"--model-repository", "/models"});
    const absl::StatusOr<Command> command = Parse(args);
    EXPECT_EQ(command.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(command.status().message());
  }
  std::string WriteFile(const std::string& text) {
    const std::string path = testing::TempDir() + "/octetd_options_test.pbtxt";
    std::ofstream(path) << text;
    return path;
  }

  std::map<std::string, std::string> environment_;
};

TEST_F(OptionsTest, Defaults) {
  const ServerOptions options = Options({});
  EXPECT_EQ(options.model_repository, "/models");
  EXPECT_EQ(options.grpc_address.ToString(), "127.0.0.1:8001");
  EXPECT_EQ(options.metrics_address.ToString(), "127.0.0.1:8002");
  EXPECT_EQ(options.isa, "auto");
  EXPECT_EQ(options.rounding, Rounding::kFloat32);
  EXPECT_EQ(options.max_batch_size, 16);
  EXPECT_EQ(options.batch_timeout_us, 0);
  EXPECT_EQ(options.max_queue_rows, 1024);
  EXPECT_EQ(options.max_queue_bytes, 268435456);
  EXPECT_EQ(options.max_total_queue_rows, 8192);
  EXPECT_EQ(options.max_total_queue_bytes, 536870912);
  EXPECT_EQ(options.max_inflight_bytes, 1073741824);
  EXPECT_EQ(options.max_message_bytes, 268435456);
  EXPECT_EQ(options.capture_requests, 0);
  EXPECT_EQ(options.capture_bytes, 16777216);
  EXPECT_EQ(options.drain_seconds, 10);
  EXPECT_FALSE(options.insecure);
  EXPECT_EQ(options.log_format, LogFormat::kText);
}

TEST_F(OptionsTest, LimitsOfAllGrowWithThoseOfOneUnlessTheyAreGiven) {
  const std::vector<std::string> raised = {
      "--max-queue-rows=1000000", "--max-queue-bytes=5000000000", "--max-message-bytes=2000000000"};
  ServerOptions options = Options(raised);
  EXPECT_EQ(options.max_total_queue_rows, 8'000'000);
  EXPECT_EQ(options.max_total_queue_bytes, 10'000'000'000);
  EXPECT_EQ(options.max_inflight_bytes, 8'000'000'000);
  const int64_t most = int64_t{1} << 50;
  options =
      Options({absl::StrCat("--max-queue-rows=", most), absl::StrCat("--max-queue-bytes=", most)});
  EXPECT_EQ(options.max_total_queue_rows, most);
  EXPECT_EQ(options.max_total_queue_bytes, most);
  environment_ = {{"OCTET_MAX_TOTAL_QUEUE_ROWS", "7"},
                  {"OCTET_MAX_TOTAL_QUEUE_BYTES", "8"},
                  {"OCTET_MAX_INFLIGHT_BYTES", "9"}};
  options = Options(raised);
  EXPECT_EQ(options.max_total_queue_rows, 7);
  EXPECT_EQ(options.max_total_queue_bytes, 8);
  EXPECT_EQ(options.max_inflight_bytes, 9);
  EXPECT_THAT(Refusal({"--max-queue-rows=0"}), HasSubstr("--max-queue-rows"));
}

TEST_F(OptionsTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string file =
      WriteFile("max_batch_size: 3 batch_timeout_us: 30 max_queue_rows: 300 # all three");
  environment_ = {{"OCTET_MAX_BATCH_SIZE", "2"}, {"OCTET_BATCH_TIMEOUT_US", "20"}};
  const ServerOptions options = Options({"--config", file, "--max-batch-size=1"});
  EXPECT_EQ(options.max_batch_size, 1);
  EXPECT_EQ(options.batch_timeout_us, 20);
  EXPECT_EQ(options.max_queue_rows, 300);
  EXPECT_EQ(options.max_queue_bytes, 268435456);
}

TEST_F(OptionsTest, EveryFieldOfTheFileIsAFlagAndAVariable) {
  const absl::StatusOr<Command> help = Parse({"--help"});
  ASSERT_TRUE(help.ok());
  const auto* descriptor = octet::v1::ServerConfig::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    std::string flag = "--" + descriptor->field(i)->name();
    std::replace(flag.begin(), flag.end(), '_', '-');
    EXPECT_THAT(help->text, HasSubstr(flag));
  }
  environment_ = {{"OCTET_MODEL_REPOSITORY", "/elsewhere"},
                  {"OCTET_GRPC_ADDRESS", "unix:/s"},
                  {"OCTET_ROUNDING", "fixed_point"},
                  {"OCTET_DRAIN_SECONDS", "0.5"},
                  {"OCTET_INSECURE", "1"},
                  {"OCTET_LOG_FORMAT", "json"},
                  {"OCTET_RELOAD", "poll"},
                  {"OCTET_ALLOW_MODEL_OVERRIDE", "true"}};
  const absl::StatusOr<Command> command = Parse({});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->options.model_repository, "/elsewhere");
  EXPECT_EQ(command->options.grpc_address.ToString(), "unix:/s");
  EXPECT_EQ(command->options.rounding, Rounding::kFixedPoint);
  EXPECT_EQ(command->options.drain_seconds, 0.5);
  EXPECT_TRUE(command->options.insecure);
  EXPECT_EQ(command->options.log_format, LogFormat::kJson);
  EXPECT_EQ(command->options.reload, ReloadMode::kPoll);
  EXPECT_TRUE(command->options.allow_model_override);
}

TEST_F(OptionsTest, TheFileMayBeNamedInTheEnvironment) {
  environment_ = {{"OCTET_CONFIG", WriteFile("threads: 3")}};
  EXPECT_EQ(Options({}).threads, 3);
}

TEST_F(OptionsTest, BadUsageIsRefusedWithAReason) {
  EXPECT_THAT(Refusal({"--no-such-flag"}), HasSubstr("--no-such-flag"));
  EXPECT_THAT(Refusal({"--max-batch-size", "many"}), HasSubstr("--max-batch-size"));
  EXPECT_THAT(Refusal({"--max-batch-size", "0"}), HasSubstr("from 1 to"));
  EXPECT_THAT(Refusal({"--capture-requests", "10001"}), HasSubstr("from 0 to 10000"));
  EXPECT_THAT(Refusal({"--capture-bytes", "0"}), HasSubstr("from 1 to"));
  EXPECT_THAT(Refusal({"--threads", "0"}), HasSubstr("--threads"));
  EXPECT_THAT(Refusal({"--rounding", "up"}), HasSubstr("fixed_point"));
  EXPECT_THAT(Refusal({"--log-format", "xml"}), HasSubstr("json"));
  EXPECT_THAT(Refusal({"--reload", "often"}), HasSubstr("watch"));
  EXPECT_THAT(Refusal({"--grpc-address", "8001"}), HasSubstr("HOST:PORT"));
  EXPECT_THAT(Refusal({"--tls-cert", "c.pem"}), HasSubstr("--tls-key"));
  EXPECT_THAT(Refusal({"--tls-client-ca", "c.pem"}), HasSubstr("--tls-cert"));
  EXPECT_THAT(Refusal({"--json"}), HasSubstr("--list-ops"));
  environment_ = {{"OCTET_THREADS", "x"}};
  EXPECT_THAT(Refusal({}), HasSubstr("OCTET_THREADS"));
}

TEST_F(OptionsTest, AModelRepositoryIsNeeded) {
  EXPECT_EQ(Parse({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(OptionsTest, AMistakeInTheFileIsNamedWithItsPlace) {
  const std::string file = WriteFile("threads: 2\nno_such_field: 1\n");
  EXPECT_THAT(Refusal({"--config", file}), HasSubstr(file + ":2:"));
  EXPECT_EQ(Parse({"--model-repository", "/m", "--config", "/no/such/file"}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(OptionsTest, OtherMachinesNeedTlsOrAWord) {
  EXPECT_THAT(Refusal({"--grpc-address", "0.0.0.0:8001"}), HasSubstr("--insecure"));
  EXPECT_THAT(Refusal({"--metrics-address", "192.0.2.1:8002"}), HasSubstr("--insecure"));
  EXPECT_TRUE(Options({"--grpc-address", "0.0.0.0:8001", "--insecure"}).insecure);
  EXPECT_THAT(Refusal({"--http-address", "0.0.0.0:8000", "--tls-cert", "c", "--tls-key", "k"}),
              HasSubstr("plain text"));
  EXPECT_FALSE(Options({}).http_address.has_value());
  EXPECT_EQ(Options({"--http-address", "127.0.0.1:8000"}).http_address->port, 8000);
  const ServerOptions tls =
      Options({"--grpc-address", "[::]:8001", "--tls-cert", "c", "--tls-key", "k"});
  EXPECT_EQ(tls.tls.cert, "c");
  EXPECT_EQ(Options({"--grpc-address", "unix:/run/octet.sock"}).grpc_address.host,
            "/run/octet.sock");
}

TEST_F(OptionsTest, CommandsThatServeNothing) {
  EXPECT_EQ(Parse({"--list-ops", "--json"})->kind, Command::Kind::kListOps);
  EXPECT_TRUE(Parse({"--list-ops", "--json"})->json);
  const absl::StatusOr<Command> version = Parse({"--version"});
  EXPECT_EQ(version->kind, Command::Kind::kShowText);
  EXPECT_THAT(version->text, HasSubstr("built: " + BuiltIsaNames()));
}

}  // namespace
}  // namespace octet::server
