"""What the policies say about the graph of a pull request."""

from __future__ import annotations

from pathlib import Path

from policies.asked import asked_for, project_and_stack
from policies.graph import Graph, pages
from policies.resource import GraphError, read
from policies.rules import broken
from settings import SettingsError
from tools.pull_request.markdown import code


def policy_section(graph: Path) -> list[str]:
    """Return what is broken, or that nothing is; say so where there is no graph to judge."""
    if not graph.exists():
        return ["Not judged: there is no graph."]
    try:
        resources = read(graph)
        found = list(broken(Graph(resources, asked_for(*project_and_stack(resources)), pages())))
    except (GraphError, SettingsError) as mistake:
        return [f"Not judged: {code(str(mistake))}"]
    if not found:
        return [f"All hold, over {len(resources)} resources."]
    return [
        f"**{len(found)} broken:**",
        "",
        *(
            f"- {code(one.rule)} {code(one.violation.resource.name)}: "
            f"{code(one.violation.problem)} {code(one.violation.remedy)}"
            for one in found
        ),
    ]
