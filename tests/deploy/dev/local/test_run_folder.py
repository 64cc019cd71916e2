"""The folder of a run is kept exactly where somebody needs its logs."""

import pytest

from deploy.dev.local.run_folder import run_folder


def test_the_folder_of_a_good_run_is_gone() -> None:
    with run_folder("test") as folder:
        assert folder.is_dir()

    assert not folder.exists()


def test_the_folder_of_an_interrupted_run_is_gone() -> None:
    with pytest.raises(KeyboardInterrupt), run_folder("test") as folder:
        raise KeyboardInterrupt

    assert not folder.exists()


def test_the_folder_of_a_failed_run_is_kept() -> None:
    with pytest.raises(ValueError, match="wrong"), run_folder("test") as folder:
        raise ValueError("wrong")

    assert folder.is_dir()
    folder.rmdir()
