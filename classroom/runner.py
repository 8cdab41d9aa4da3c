"""Run the cells of one submission in a kernel: the part that is not trusted.

`sandbox.py` starts this program once for each submission, with its own folder and
environment, and stops it if it takes too long. The cells come as JSON on standard
input. What each cell printed goes, one line of JSON a cell, to the file descriptor that
is named, so that what ran before the end is known whatever the end was.

Hidden tests pass through here, so they are in memory and in no file.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from fence import fence_in, set_limits

ERRORS_KEPT = 4_000  # characters of an error's message and of a line of its traceback


def main() -> None:
    """Fence this process in, run the cells, report."""
    order = json.load(sys.stdin)
    set_limits(**order["limits"])
    fence = fence_in(Path(order["folder"]), map(Path, order["readable"]))
    with os.fdopen(order["report"], "w", encoding="utf-8") as report:

        def tell(**what: object) -> None:
            print(json.dumps(what), file=report, flush=True)

        # The fence may refuse TCP. (The names of sockets must be short.)
        connection = {
            "transport": "ipc" if fence else "tcp",
            "connection_file": str(Path(order["folder"], "kernel.json")),
        }
        run(order, connection, fence, tell)


def run(order: dict, connection: dict, fence: int, tell) -> None:
    """Run the cells in a fresh kernel and tell what each of them put out."""
    cells, cell_seconds = order["cells"], order["cell_seconds"]
    # After the fence: the kernel's own files belong into the folder, too.
    import nbformat
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    class Client(NotebookClient):
        """Keeps the error of a cell, and of the rest no more than fits."""

        left = order["cell_bytes"]

        def output(self, outs, msg, display_id, cell_index):
            if msg["msg_type"] == "error":
                # The reply tells of it: see `of_cell`.
                return None
            self.left -= len(json.dumps(msg["content"], default=str))
            if self.left < 0:
                return None
            return super().output(outs, msg, display_id, cell_index)

        def clear_output(self, outs, msg, cell_index):
            """Leave what is there: a check's output is not the submission's."""

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell["source"]) for cell in cells]
    )
    replies = {}
    client = Client(
        notebook,
        km=AsyncKernelManager(kernel_name="python3", **connection),
        timeout=cell_seconds,
        allow_errors=True,
        interrupt_on_timeout=True,
        error_on_timeout={
            "ename": "TimeoutError",
            "evalue": f"the cell ran for more than {cell_seconds} seconds",
            "traceback": [],
        },
        iopub_timeout=10,
        record_timing=False,
    )
    client.on_cell_executed = lambda cell, cell_index, execute_reply: replies.update(
        {cell_index: execute_reply["content"]}
    )
    with client.setup_kernel():
        tell(fence=fence)  # from here on the time is that of the submission
        for position, cell in enumerate(notebook.cells):
            client.left = order["cell_bytes"]
            try:
                client.execute_cell(cell, position)
            except DeadKernelError:
                tell(stopped="the code ended the kernel (or it ran out of memory)")
                return
            outputs = of_cell(cell.outputs, replies.get(position, {}), client.left < 0)
            tell(index=cells[position]["index"], outputs=outputs)
    tell(done=True)


def of_cell(outputs: list[dict], reply: dict, is_cut: bool) -> list[dict]:
    """Put together the outputs of a cell; whether it failed is what its reply says."""
    outputs = list(outputs)
    if is_cut:
        note = "\n[More output than is kept; the rest was dropped.]\n"
        outputs.append({"output_type": "stream", "name": "stdout", "text": note})
    if reply.get("status") == "error":
        outputs.append(
            {
                "output_type": "error",
                "ename": str(reply.get("ename"))[:ERRORS_KEPT],
                "evalue": str(reply.get("evalue"))[:ERRORS_KEPT],
                "traceback": [
                    str(line)[:ERRORS_KEPT] for line in reply.get("traceback", [])[-20:]
                ],
            }
        )
    return outputs


if __name__ == "__main__":
    main()
