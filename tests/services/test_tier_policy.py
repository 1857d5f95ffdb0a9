"""The setting ``policy``: its files are checked at the start, and a sentence says what is wrong."""

from __future__ import annotations

import pytest
from typer import Typer
from typer.testing import CliRunner

from dispatch.incidents.default_policy import DEFAULT_POLICY
from dispatch.incidents.policy import default_policy
from services.cli.policy import policy
from services.errors import SettingsError
from services.tier_policy import read_policies

APP = Typer()
APP.command()(policy)


def test_without_a_file_the_default_holds_everywhere():
    """Nothing is to be set up."""
    assert read_policies(None).of("wanzhou") is default_policy()


def test_one_file_holds_for_all_centres(tmp_path):
    """Also one that an editor of Windows has saved, with its mark at the beginning."""
    file = tmp_path / "policy.toml"
    file.write_text("[visits]\nvisits_limit = 2\n", encoding="utf-8-sig")
    policies = read_policies(file)
    assert policies.of("wanzhou").visits_limit == policies.of("kaizhou").visits_limit == 2


def test_a_folder_has_a_file_for_each_centre_and_one_for_the_others(tmp_path):
    """A centre's file leaves out what is as in the one for the others."""
    (tmp_path / "default.toml").write_text("[visits]\nvisits_limit = 5\nevidence_within_s = 7200")
    (tmp_path / "万州.toml").write_text("[visits]\nvisits_limit = 2", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a policy")
    policies = read_policies(tmp_path)
    own, other = policies.of("万州"), policies.of("kaizhou")
    assert (own.visits_limit, own.evidence_within_s) == (2, 7_200)
    assert (other.visits_limit, other.evidence_within_s) == (5, 7_200)


def test_a_folder_may_have_centres_only(tmp_path):
    """The others have the default."""
    (tmp_path / "500101.toml").write_text("[visits]\nvisits_limit = 2")
    policies = read_policies(tmp_path)
    assert policies.of("500101").visits_limit == 2
    assert policies.of("500102") is default_policy()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("p.toml", b"[high]\nofficers = 99", r"p\.toml: In the policy \[high\] officers must be"),
        ("p.toml", b"\xff\xfe", r"p\.toml is no UTF-8 text"),
        ("p.toml", b"#" * 2_000_000, r"p\.toml is too long to be a policy"),
        ("two words.toml", b"", r"'two words' is no centre"),
    ],
)
def test_a_bad_file_ends_the_start_in_one_sentence(tmp_path, name, content, sentence):
    """Which names the file."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=sentence) as refused:
        read_policies(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_path_that_leads_nowhere_names_the_remedy(tmp_path):
    """A file to begin with is one command away."""
    with pytest.raises(SettingsError, match="'forestall policy' prints a file"):
        read_policies(tmp_path / "absent")
    with pytest.raises(SettingsError, match=r"has no default\.toml"):
        read_policies(tmp_path)


def test_the_command_prints_a_file_that_is_accepted(tmp_path):
    """Saved and read again it is the default."""
    printed = CliRunner().invoke(APP, [])
    assert printed.exit_code == 0
    assert printed.stdout == DEFAULT_POLICY
    file = tmp_path / "policy.toml"
    file.write_text(printed.stdout, encoding="utf-8")
    assert read_policies(file).default == default_policy()
    checked = CliRunner().invoke(APP, ["--check", str(file)])
    assert "The policy is acceptable" in checked.stdout


def test_the_check_tells_what_the_start_would_tell(tmp_path):
    """Before the service is stopped to be started again."""
    (tmp_path / "default.toml").write_text("[hihg]")
    checked = CliRunner().invoke(APP, ["--check", str(tmp_path)])
    assert isinstance(checked.exception, SettingsError)
    assert "did you mean high?" in str(checked.exception)
