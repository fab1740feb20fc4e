from streaming_runtime.__main__ import LAYER, PACKAGE, search_path

LAYERS = ["/opt/python/lib/python3.13/site-packages", "/opt/python"]
INTERPRETER = ["/var/lang/lib/python313.zip", "/var/lang/lib/python3.13", "/var/lang/lib/python3.13/site-packages"]


def test_the_layer_comes_first_then_the_function_then_the_other_layers() -> None:
    assert search_path(INTERPRETER, {"LAMBDA_TASK_ROOT": "/elsewhere"}) == [
        LAYER,
        "/elsewhere",
        *LAYERS,
        *INTERPRETER,
    ]


def test_the_function_is_in_var_task_when_nothing_says_otherwise() -> None:
    assert search_path([], {})[1] == "/var/task"


def test_the_managed_runtimes_folder_comes_after_the_layers() -> None:
    path = search_path(INTERPRETER, {"LAMBDA_RUNTIME_DIR": "/var/runtime"})
    assert path[2:5] == [*LAYERS, "/var/runtime"]


def test_the_package_itself_is_no_longer_searched() -> None:
    assert PACKAGE not in search_path([PACKAGE, *INTERPRETER], {})


def test_pythonpath_stands_in_for_the_layers() -> None:
    assert search_path(["/mine", *INTERPRETER], {"PYTHONPATH": "/mine"}) == [
        LAYER,
        "/var/task",
        "/mine",
        *INTERPRETER,
    ]


def test_nothing_is_searched_twice() -> None:
    path = search_path([LAYER, "/opt/python", "/var/task", *INTERPRETER], {})
    assert len(path) == len(set(path))
