"""All rules, and asking them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from policies import (
    access,
    alarms,
    availability,
    containers,
    durability,
    encryption,
    exposure,
    tagging,
)
from policies.graph import Graph
from policies.violation import Rule, Violation

RULES: tuple[Rule, ...] = (
    availability.services_run_two_tasks,
    availability.autoscaling_keeps_two_tasks,
    availability.subnets_cover_two_zones_evenly,
    availability.tasks_and_doors_span_zones,
    availability.databases_have_a_standby,
    availability.ways_out_survive_a_zone,
    availability.deployments_roll_back,
    availability.balancers_ask_whether_a_task_is_ready,
    exposure.databases_have_no_public_address,
    exposure.buckets_are_closed,
    exposure.balancers_are_internal_unless_asked,
    exposure.only_the_door_admits_addresses,
    exposure.only_the_way_out_reaches_anywhere,
    exposure.rules_stand_alone,
    exposure.tasks_have_no_public_address,
    encryption.what_is_kept_has_a_key_of_our_own,
    encryption.databases_are_encrypted,
    encryption.queues_are_encrypted,
    encryption.buckets_are_encrypted,
    encryption.buckets_refuse_plain_http,
    encryption.keys_are_renewed,
    encryption.listeners_speak_modern_tls,
    encryption.databases_force_tls,
    durability.nothing_that_holds_data_is_deleted_by_mistake,
    durability.aws_refuses_to_delete_what_serves,
    durability.nothing_is_emptied_to_be_deleted,
    durability.databases_can_go_back,
    durability.databases_leave_a_snapshot,
    durability.overwritten_objects_can_be_brought_back,
    durability.nothing_is_kept_unseen,
    durability.artifacts_have_a_copy_elsewhere,
    durability.backups_are_locked,
    durability.logs_end_and_not_too_soon,
    access.everything_has_a_written_reason,
    access.actions_are_named,
    access.nobody_in_particular_is_let_in,
    access.outside_identities_are_told_apart,
    access.no_broad_policy_is_attached,
    access.nobody_has_a_key_that_lasts,
    containers.images_are_named_by_digest,
    containers.containers_cannot_change_their_host,
    containers.secrets_are_not_written_down,
    containers.artifacts_are_shared,
    containers.logs_are_kept,
    tagging.resources_say_whose_they_are,
    alarms.alarms_reach_somebody,
    alarms.topics_have_somebody_listening,
    alarms.alarms_name_their_runbook,
)


@dataclass(frozen=True)
class Broken:
    """A violation, and the name of the rule that it breaks."""

    rule: str
    violation: Violation


def broken(graph: Graph) -> Iterator[Broken]:
    """Ask every rule about `graph`."""
    return (Broken(name(rule), violation) for rule in RULES for violation in rule(graph))


def name(rule: Rule) -> str:
    """Return the rule's name as people and tools write it, such as "buckets-are-closed"."""
    return rule.__name__.replace("_", "-")


def claim(rule: Rule) -> str:
    """Return the sentence that holds when nothing breaks the rule."""
    return (inspect.getdoc(rule) or "").partition("\n\n")[0].replace("\n", " ")
