"""Answers to the provider's functions: what a program asks of AWS without making anything."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from tools.recording_provider.identities import ACCOUNT
from tools.recording_provider.values import Properties

ZONES = "abc"

Answer = Callable[[Properties, str], Properties]


class UnknownFunctionError(LookupError):
    """A function that this provider has no answer to."""


def answer(token: str, arguments: Properties, *, region: str) -> Properties:
    """Answer a function such as "aws:index/getCallerIdentity:getCallerIdentity".

    Args:
        token: The function.
        arguments: What it was given, without the marks of secrets.
        region: The region of the provider; an argument `region` has precedence.

    Raises:
        UnknownFunctionError: Nothing is known about this function.
    """
    where = arguments.get("region") or region
    try:
        known = FUNCTIONS[token]
    except KeyError:
        raise UnknownFunctionError(
            f"the recording provider has no answer to {token}; it answers {', '.join(sorted(FUNCTIONS))}. "
            "Add it to tools/recording_provider/functions.py"
        ) from None
    given = {name: value for name, value in arguments.items() if value is not None}
    return given | {"region": where} | known(given, where)


def _caller_identity(_: Properties, __: str) -> Properties:
    return {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/recorded",
        "userId": "AIDARECORDED",
    }


def _region(_: Properties, region: str) -> Properties:
    return {
        "id": region,
        "name": region,
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def _zones(_: Properties, region: str) -> Properties:
    return {
        "id": region,
        "names": [f"{region}{letter}" for letter in ZONES],
        "zoneIds": [f"{region}-az{number}" for number, _ in enumerate(ZONES, start=1)],
        "groupNames": [region],
    }


def _partition(_: Properties, __: str) -> Properties:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _prefix_list(given: Properties, region: str) -> Properties:
    name = given.get("name", f"com.amazonaws.{region}.s3")
    identifier = f"pl-{zlib.crc32(name.encode()):08x}"
    return {
        "id": identifier,
        "prefixListId": identifier,
        "name": name,
        "arn": f"arn:aws:ec2:{region}:aws:prefix-list/{identifier}",
        "cidrBlocks": ["192.0.2.0/24"],
        "entries": [{"cidr": "192.0.2.0/24", "description": ""}],
        "addressFamily": "IPv4",
        "maxEntries": 1,
        "ownerId": "AWS",
        "version": 1,
    }


FUNCTIONS: dict[str, Answer] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": _prefix_list,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
}
