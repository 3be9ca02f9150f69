"""Runs models in LiteRT and stores what they answer; a process of its own, since LiteRT may abort it.

usage: litert_worker.py JOBS ANSWERS RESOLVER FIRST      (JOBS a pickled list of (model, invocations))

Appends one pickled (index, "ok", outputs of each invocation) or (index, "error", text) a job to ANSWERS.
"""

import pickle
import sys

import numpy as np
from ai_edge_litert import interpreter as litert

RESOLVERS = {
    "reference": litert.OpResolverType.BUILTIN_REF,
    "builtin": litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "default": litert.OpResolverType.AUTO,
}


def run(model, invocations, resolver):
    runner = litert.Interpreter(model_content=model, experimental_op_resolver_type=RESOLVERS[resolver], num_threads=1)
    runner.allocate_tensors()
    answers = []
    for inputs in invocations:
        for detail, values in zip(runner.get_input_details(), inputs, strict=True):
            runner.set_tensor(detail["index"], values)
        runner.invoke()
        answers.append([np.array(runner.get_tensor(d["index"])) for d in runner.get_output_details()])
    return answers


def main():
    jobs_path, answers_path, resolver, first = sys.argv[1:5]
    with open(jobs_path, "rb") as f:
        jobs = pickle.load(f)
    with open(answers_path, "ab") as out:
        for index in range(int(first), len(jobs)):
            try:
                answer = (index, "ok", run(*jobs[index], resolver))
            except Exception as e:  # LiteRT's refusal is the answer
                answer = (index, "error", str(e))
            pickle.dump(answer, out)
            out.flush()


if __name__ == "__main__":
    main()
