"""TLS, with certificates made for the test."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import daemon


@unittest.skipIf(shutil.which("openssl") is None, "openssl is not installed")
class TlsTest(unittest.TestCase):

    def setUp(self):
        self.repository = daemon.Repository(digits="digits_int8.tflite")
        self.addCleanup(self.repository.remove)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="octet-tls-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("server", "client"):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                 f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                 self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem"],
                check=True, capture_output=True)

    def start(self, *args):
        server = daemon.Daemon(self.repository, "--tls-cert", str(self.folder / "server.pem"),
                               "--tls-key", str(self.folder / "server.key"), *args, wait=False)
        while " ready models=" not in server.log():
            self.assertIsNone(server.process.poll(), server.log())
        return server

    def status(self, server, credentials):
        with grpc.secure_channel(server.address, credentials) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            return stub.Check(health_pb2.HealthCheckRequest(), timeout=20).status

    def read(self, name):
        return (self.folder / name).read_bytes()

    def test_the_server_is_known_by_its_certificate(self):
        with self.start() as server:
            credentials = grpc.ssl_channel_credentials(self.read("server.pem"))
            self.assertEqual(self.status(server, credentials), 1)
            with self.assertRaises(grpc.RpcError):
                self.status(server, grpc.ssl_channel_credentials(self.read("client.pem")))
            with self.assertRaises(grpc.RpcError):
                health_pb2_grpc.HealthStub(server.channel).Check(
                    health_pb2.HealthCheckRequest(), timeout=20)

    def test_clients_are_known_by_theirs(self):
        with self.start("--tls-client-ca", str(self.folder / "client.pem")) as server:
            known = grpc.ssl_channel_credentials(self.read("server.pem"), self.read("client.key"),
                                                 self.read("client.pem"))
            self.assertEqual(self.status(server, known), 1)
            stranger = grpc.ssl_channel_credentials(self.read("server.pem"),
                                                    self.read("server.key"),
                                                    self.read("server.pem"))
            for credentials in (grpc.ssl_channel_credentials(self.read("server.pem")), stranger):
                with self.assertRaises(grpc.RpcError):
                    self.status(server, credentials)


if __name__ == "__main__":
    daemon.main()
