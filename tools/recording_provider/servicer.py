"""The provider's half of Pulumi's protocol: check, compare, make up, and write everything down."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Never

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tools.recording_provider import changes, faults, functions, outputs, schema, validation, values
from tools.recording_provider.journal import Journal
from tools.recording_provider.observer import Observer

REPLACE = provider_pb2.PropertyDiff.UPDATE_REPLACE
UPDATE = provider_pb2.PropertyDiff.UPDATE
NO_REGION = "no region is configured, and AWS has no default. Set aws:region in the stack's file"


class RecordingServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers one engine, for any number of explicit providers.

    Each explicit provider has a connection of its own, and its configuration comes over it: that is
    how the region of a request is known.

    Args:
        journal: Where every request is written.
        faults: The file that says which requests fail or wait; it need not exist.
        observer: Told of every resource that exists.
    """

    def __init__(self, journal: Journal, faults_file: Path, observer: Observer) -> None:
        self._journal = journal
        self._faults = faults_file
        self._observer = observer
        self._regions: dict[str, str] = {}
        self._replaced: dict[str, values.Properties] = {}
        self._cancelled: dict[str, threading.Event] = {}

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=schema.SDK_VERSION)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: ARG002, N802
        return Empty()

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: ARG002, N802
        """End what waits on this connection; the engine's next run comes over another one."""
        self._cancellation(context).set()
        return Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        news = values.decode(request.news)
        known = schema.provider_configuration()
        # Blocks of a provider's configuration travel as JSON in a text: only names are compared.
        given = {name: values.UNKNOWN for name in news if name != "version"}
        mistakes = validation.mistakes(known, given)
        if not news.get("region"):
            mistakes.append(validation.Mistake("region", NO_REGION))
        self._journal.write("CheckConfig", urn=request.urn, news=values.shown(news))
        return _check_response(news, mistakes)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        self._journal.write("DiffConfig", urn=request.urn)
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        region = values.bare(values.decode(request.args)).get("region", "")
        self._regions[context.peer()] = region
        self._journal.write("Configure", urn=request.urn, region=region)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        news = values.decode(request.news)
        try:
            mistakes = validation.mistakes(schema.resource(request.type).inputs, news)
        except schema.UnknownTypeError as error:
            self._refuse(context, error)
        self._record("Check", request, news=news, failures=[vars(m) for m in mistakes])
        return _check_response(news, mistakes)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        olds, news = values.decode(request.old_inputs), values.decode(request.news)
        existing = values.decode(request.olds)
        found = [
            change
            for change in changes.changes(request.type, olds, news)
            if change.path.partition(".")[0] not in request.ignoreChanges
        ]
        self._record("Diff", request, olds=olds, news=news, changes=[vars(c) for c in found])
        self._observer.exists(request.type, values.bare(existing))
        replacing = {c.path.partition(".")[0] for c in found if c.effect == "replace"}
        self._replaced[request.urn] = existing | {"id": request.id}
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if found
            else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=sorted(replacing),
            diffs=sorted({c.path.partition(".")[0] for c in found}),
            hasDetailedDiff=True,
            detailedDiff={
                c.path: provider_pb2.PropertyDiff(
                    kind=REPLACE if c.effect == "replace" else UPDATE, inputDiff=True
                )
                for c in found
            },
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        inputs = values.decode(request.properties)
        if request.preview:
            self._record("Create", request, inputs=inputs, preview=True)
            awaited = outputs.awaited(request.type, inputs)
            return provider_pb2.CreateResponse(properties=values.encode(awaited))
        self._suffer_faults("Create", request, context)
        identifier, made = outputs.created(
            request.type,
            request.urn,
            inputs,
            region=self._region(inputs, context),
            previous=self._replaced.get(request.urn),
        )
        self._record("Create", request, inputs=inputs, id=identifier)
        self._observer.exists(request.type, values.bare(made))
        return provider_pb2.CreateResponse(id=identifier, properties=values.encode(made))

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        news = values.decode(request.news)
        if not request.preview:
            self._suffer_faults("Update", request, context)
        self._record("Update", request, news=news, preview=request.preview)
        removed = values.decode(request.old_inputs).keys() - news.keys()
        olds = values.decode(request.olds)
        made = {name: value for name, value in olds.items() if name not in removed} | news
        if "tags" in news:
            made["tagsAll"] = news["tags"]
        return provider_pb2.UpdateResponse(properties=values.encode(made))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        self._suffer_faults("Delete", request, context)
        self._record("Delete", request, id=request.id)
        return Empty()

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Say that the resource is as the engine remembers it; one never seen is made up."""
        known, inputs = values.decode(request.properties), values.decode(request.inputs)
        self._record("Read", request, id=request.id, inputs=inputs)
        if not known:
            region = self._region(inputs, context)
            _, known = outputs.created(
                request.type, request.urn, inputs, region=region, previous=None
            )
        self._observer.exists(request.type, values.bare(known))
        return provider_pb2.ReadResponse(
            id=request.id, properties=values.encode(known), inputs=values.encode(inputs)
        )

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        arguments = values.decode(request.args)
        self._journal.write("Invoke", function=request.tok, arguments=values.shown(arguments))
        region = self._regions.get(context.peer(), "")
        try:
            found = functions.answer(request.tok, values.bare(arguments), region=region)
        except functions.UnknownFunctionError as error:
            self._refuse(context, error)
        response = provider_pb2.InvokeResponse()
        # The field has a Python keyword's name.
        getattr(response, "return").CopyFrom(values.encode(found))
        return response

    def _record(self, method: str, request: Any, **entry: Any) -> None:
        who = {"urn": request.urn, "type": request.type, "name": request.name}
        self._journal.write(method, **who, **values.shown(entry))

    def _region(self, inputs: values.Properties, context: grpc.ServicerContext) -> str:
        own = values.bare(inputs).get("region")
        return own if isinstance(own, str) else self._regions.get(context.peer(), "")

    def _cancellation(self, context: grpc.ServicerContext) -> threading.Event:
        return self._cancelled.setdefault(context.peer(), threading.Event())

    def _suffer_faults(self, method: str, request: Any, context: grpc.ServicerContext) -> None:
        for fault in faults.read(self._faults):
            if not fault.matches(method=method, type_=request.type, name=request.name):
                continue
            if self._cancellation(context).wait(fault.delay_seconds):
                context.abort(grpc.StatusCode.CANCELLED, "cancelled while it waited")
            if fault.error:
                self._record(method, request, error=fault.error)
                context.abort(grpc.StatusCode.UNKNOWN, fault.error)

    def _refuse(self, context: grpc.ServicerContext, error: Exception) -> Never:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def _check_response(news: values.Properties, mistakes: list[validation.Mistake]) -> Any:
    failures = [provider_pb2.CheckFailure(property=m.path, reason=m.reason) for m in mistakes]
    return provider_pb2.CheckResponse(inputs=values.encode(news), failures=failures)
