"""When one machine, or its memory, is not enough (chapter 10).

- `out_of_core`: ratings that do not fit into memory become matrices;
- `spark` starts a session, `spark_als` learns in it, `spark_arithmetic` says what that
  sends around, and `spark_cluster` is a cluster to kill parts of;
- `workers`: towers trained on several processes, which `processes` starts and ends.
"""
