"""KServe's Python inference client and tritonclient's HTTP client, as they are published, against a
running daemon.

    clients_test.py GRPC_ADDRESS HTTP_ADDRESS TEST_DATA
"""

import asyncio
import logging
import pathlib
import sys

import grpc
import httpx
import kserve
import numpy as np
import tritonclient.http as triton_http
from kserve import inference_client

GRPC_ADDRESS, HTTP_ADDRESS = sys.argv[1:3]
DATA = pathlib.Path(sys.argv[3])
IMAGE = np.load(DATA / "digits_test.npz")["image"][:20]
CODES = (np.round(IMAGE * 255) - 128).astype(np.int8)
EXPECTED = np.load(DATA / "digits_expected.npz")["int8_default"][:20]


def request(model="digits", binary=True):
    image = kserve.InferInput("image", list(CODES.shape), "INT8")
    image.set_data_from_numpy(CODES, binary_data=binary)
    return kserve.InferRequest(model, [image], request_id="n")


def check(response):
    (output,) = response.outputs
    assert output.name == "probabilities", output.name
    np.testing.assert_array_equal(output.as_numpy(), EXPECTED)
    assert response.id == "n", response.id


async def kserve_over_grpc():
    async with inference_client.InferenceGRPCClient(GRPC_ADDRESS) as client:
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("digits")
        assert not await client.is_model_ready("absent")
        check(await client.infer(request()))
        check(await client.infer(request(binary=False)))
        try:
            await client.infer(request("absent"))
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.NOT_FOUND, error
        else:
            raise AssertionError("an unknown model was no error")


async def kserve_over_http():
    url = f"http://{HTTP_ADDRESS}"
    config = inference_client.RESTConfig(protocol="v2", retries=0)
    client = inference_client.InferenceRESTClient(config)
    assert await client.is_server_live(url)
    assert await client.is_server_ready(url)
    assert await client.is_model_ready(url, "digits")
    for binary in (False, True):
        check(await client.infer(url, request(binary=binary), model_name="digits"))
    try:
        await client.infer(url, request("absent"), model_name="absent")
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 404, error
    else:
        raise AssertionError("an unknown model was no error")
    await client.close()


def triton_over_http():
    client = triton_http.InferenceServerClient(HTTP_ADDRESS)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("digits")
    assert client.get_server_metadata()["name"] == "octet"
    assert client.get_model_metadata("digits")["inputs"][0]["shape"] == [-1, 8, 8, 1]
    assert client.get_model_config("digits")["max_batch_size"] == 16
    states = {model["name"]: model["state"] for model in client.get_model_repository_index()}
    assert states == {"broken": "UNAVAILABLE", "digits": "READY"}, states
    for binary_in in (False, True):
        for binary_out in (False, True):
            image = triton_http.InferInput("image", list(CODES.shape), "INT8")
            image.set_data_from_numpy(CODES, binary_data=binary_in)
            output = triton_http.InferRequestedOutput("probabilities", binary_data=binary_out)
            result = client.infer("digits", [image], outputs=[output])
            np.testing.assert_array_equal(result.as_numpy("probabilities"), EXPECTED)
    result = client.infer("digits", [image], outputs=[
        triton_http.InferRequestedOutput("probabilities", class_count=1)])
    best = [int(text.decode().split(":")[1]) for text in result.as_numpy("probabilities")[:, 0]]
    assert best == list(EXPECTED.argmax(axis=1)), best
    assert client.get_inference_statistics("digits")["model_stats"][0]["inference_count"] > 0
    client.unload_model("digits")
    assert not client.is_model_ready("digits")
    client.load_model("digits")
    assert client.is_model_ready("digits")
    client.close()


def main():
    logging.disable()  # kserve's client logs the errors that are meant here
    for client in (kserve_over_grpc, kserve_over_http):
        asyncio.run(client())
        print(f"ok: {client.__name__}")
    triton_over_http()
    print("ok: triton_over_http")


if __name__ == "__main__":
    main()
