"""What a command's help says beside its options: examples, and what its exit code means."""

from __future__ import annotations

from argparse import HelpFormatter

from msgspec import Struct

EXITS = {
    0: "fine",
    1: "findings, or refused, and nothing was written",
    2: "the command line asks for something that does not exist",
    3: "a program is missing, or it or a cluster does not answer",
    70: "a mistake in fleetops",
    130: "interrupted; nothing was written",
}


class Manual(Struct, frozen=True):
    """What is said of one command."""

    examples: tuple[tuple[str, str], ...]
    """Each a purpose, and the words of a shell that serve it."""
    fine: str = EXITS[0]
    refused: str = EXITS[1]

    @property
    def exits(self) -> dict[int, str]:
        """What each exit code means."""
        return {**EXITS, 0: self.fine, 1: self.refused}


class Formatter(HelpFormatter):
    """Fills a description, and leaves an epilog, whose lines are indented, as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n  " in text else super()._fill_text(text, width, indent)


def epilog(command: str) -> str:
    """Write what stands below a command's options."""
    manual = MANUALS.get(command)
    if not manual:
        return ""
    lines = ["examples:"]
    for purpose, words in manual.examples:
        lines += [f"  # {purpose}", f"  {words}"]
    lines += ["", "exit codes:"]
    lines += [f"  {code:<4}{meaning}" for code, meaning in manual.exits.items()]
    return "\n".join(lines)


MANUALS = {
    "fleetops promote": Manual(
        (
            ("show what would change, and prove it", "fleetops promote release3 -e aws --dry-run"),
            ("write the overlay, to be committed by hand", "fleetops promote release3 -e aws"),
            (
                "two environments in one commit",
                "fleetops promote release3 -e local -e aws --commit",
            ),
            ("open a pull request", "fleetops promote release3 -e aws --pr"),
            (
                "a danger that is meant",
                'fleetops promote release3 -e aws --accept claim-removed --because "empty"',
            ),
        ),
        "the environments run the release, or did so before",
    ),
    "fleetops rollback": Manual(
        (
            ("back to what ran before", "fleetops rollback -e aws"),
            ("back to a release that is named", "fleetops rollback -e aws --to release1"),
            (
                "back to what ran at a commit, as a commit",
                "fleetops rollback -e aws --to v1.4 --commit",
            ),
        ),
        "the environment runs the release, or did so before",
    ),
    "fleetops rehearse": Manual(
        (
            ("try a promotion before it is made", "fleetops rehearse release3 -e aws"),
            (
                "keep what was found for the pull request",
                "fleetops rehearse release3 -e aws -o json > rehearsal.json",
            ),
            ("look into the cluster afterwards", "fleetops rehearse release3 -e aws --keep"),
        ),
        "both rollouts were ready",
        "refused by the API server, not ready in time, or not what the release says",
    ),
    "fleetops validate": Manual(
        (
            ("every environment", "fleetops validate"),
            ("what a branch reaches, and its dangers", "fleetops validate --from origin/main"),
            ("for GitHub's code scanning", "fleetops validate -o sarif > fleetops.sarif"),
            (
                "the second of five jobs, for fleetops merge",
                "fleetops validate --shard 2/5 -o json > shard-2.json",
            ),
            (
                "some manifests against a real API server",
                "fleetops validate --on-cluster base/queue",
            ),
        ),
        "nothing is wrong; there may be warnings",
        "an error was found, or a danger or a closed gate that is not accepted",
    ),
    "fleetops merge": Manual(
        (
            ("what five jobs have found", "fleetops merge shard-*.json"),
            ("for the findings of a merge request", "fleetops merge -o junit shard-*.json > f.xml"),
        ),
        "nothing is wrong; there may be warnings",
        "an error was found, or a danger or a closed gate that is not accepted",
    ),
    "fleetops diff": Manual(
        (
            ("what is not committed yet", "fleetops diff"),
            ("what a branch changes in one environment", "fleetops diff --from origin/main -e aws"),
            ("between two tags, for a pull request", "fleetops diff --from v1 --to v2 -o markdown"),
        ),
        "compared, whether or not something differs",
        "a state cannot be rendered",
    ),
    "fleetops report": Manual(
        (
            ("a page on what runs and what is wrong", "fleetops report -o html > fleet.html"),
            (
                "and on what a branch changes",
                "fleetops report --from origin/main -o html > pr.html",
            ),
        ),
        "told, whatever was found",
        "the repository cannot be read",
    ),
    "fleetops status": Manual(
        (
            ("what runs where, by Git", "fleetops status"),
            ("and by the cluster", "fleetops status --live --context aws"),
        ),
        "told, also where something is off",
        "the repository cannot be read",
    ),
    "fleetops wait": Manual(
        (
            (
                "until a promotion has arrived",
                "fleetops wait -e aws --release release3 --timeout 900",
            ),
        ),
        "the cluster runs the release",
        "not reached in time, or the sync has failed",
    ),
    "fleetops history": Manual(
        (
            ("what ran in an environment", "fleetops history -e aws"),
            ("the newest three as data", "fleetops history -e aws --limit 3 -o json"),
        ),
        refused="the history cannot be read",
    ),
    "fleetops releases": Manual(
        (("the catalogue", "fleetops releases"),), refused="the repository cannot be read"
    ),
    "fleetops explain": Manual(
        (
            ("every check and danger rule", "fleetops explain"),
            ("one of them", "fleetops explain claim-absent"),
        )
    ),
    "fleetops schema": Manual(
        (
            ("for an editor that completes fleetops.yaml", "fleetops schema config > config.json"),
            ("of what a command prints as JSON", "fleetops schema validate"),
        )
    ),
    "fleetops capture": Manual(
        (("make a release of what runs", "fleetops capture release4 -e local"),),
        "the release file was written",
    ),
    "fleetops init": Manual(
        (
            ("begin in a repository of overlays", "fleetops init"),
            ("and see what it has to say", "fleetops init && fleetops validate"),
        ),
        "fleetops.yaml was written",
    ),
    "fleetops doctor": Manual(
        (("what is there and what is missing", "fleetops doctor"),),
        "every program is there",
    ),
    "fleetops tools install": Manual(
        (
            ("before the first run, in an image say", "fleetops tools install"),
            ("and what charts need", "fleetops tools install --helm"),
            ("and what a rehearsal needs", "fleetops tools install --cluster"),
        ),
        "every program is there",
    ),
    "fleetops cluster up": Manual(
        (("a Kubernetes to try things on", "fleetops cluster up"),),
        "it is up",
        "it was not ready in time",
    ),
    "fleetops cluster down": Manual(
        (("end every one", "fleetops cluster down --all"),), refused="it does not end"
    ),
    "fleetops cluster status": Manual((("which there are", "fleetops cluster status"),)),
    "fleetops cluster kubeconfig": Manual(
        (
            (
                "use it with kubectl",
                'KUBECONFIG="$(fleetops cluster kubeconfig)" kubectl get nodes',
            ),
        )
    ),
    "fleetops completion": Manual(
        (
            ("in ~/.bashrc", 'eval "$(fleetops completion bash)"'),
            ("in ~/.zshrc", 'eval "$(fleetops completion zsh)"'),
            ("in fish's configuration", "fleetops completion fish | source"),
        )
    ),
}
