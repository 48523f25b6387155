"""One environment of mlflow-ha on AWS: `pulumi up --stack prod`.

What is built stands in components/, with which numbers in stacks/. docs/aws.md begins with an empty
account.
"""

import sys

import pulumi
from pulumi.runtime.config import get_config_env
from pulumi_aws import get_caller_identity_output

import settings
from components.layers.data import data, database, vault
from components.layers.foundation import Foundation, foundation
from components.layers.serving import serving
from components.layers.site import Site
from components.layers.watching import alarms, faults, watching
from components.role_confinement import confine_roles
from observability.alarm import Place
from setting_groups.given import another_file, decoded


def stand_by(site: Site, base: Foundation) -> None:
    """Keep what data needs, and a database that follows another region's where there is one."""
    following = site.aws.rds.replica_of is not None
    server = database(site, base, master=None) if following else None
    backup = vault(site, base, None)
    places = {Place.DATABASES: server.instance_identifiers} if server else {}
    alarms(site, base, places)
    pulumi.export("second_region_vault_arn", backup.vault_arn)


def serve(site: Site, base: Foundation) -> None:
    """Build everything that answers requests, and what looks after it."""
    below = data(site, base)
    served = serving(site, base, below)
    watch = watching(site, base, below, served)
    templates = faults(site, base, below, served, watch)
    pulumi.export("endpoint", served.door.endpoint)
    pulumi.export("admin_secret_arn", below.logins["admin"].arn)
    pulumi.export("cluster", served.cluster.name)
    pulumi.export("service", served.service.service_name)
    pulumi.export("database", below.server.identifier)
    pulumi.export("experiments", templates.template_ids)


def committed() -> settings.Settings:
    """Read the settings of the stack, which have to be those that Pulumi was given."""
    stack = pulumi.get_stack()
    read = settings.load(stack)
    values = settings.values_in(decoded(get_config_env()))
    given = settings.parse(values, source="what Pulumi was given")
    if mistake := another_file(read, given, f"stacks/Pulumi.{stack}.yaml"):
        raise settings.SettingsError(mistake)
    return read


def main() -> None:
    """Build the environment that the stack is named after."""
    site = Site(committed(), get_caller_identity_output().account_id)
    if site.aws.boundary_arn:
        confine_roles(site.environment, site.aws.boundary_arn)
    base = foundation(site)
    pulumi.export("bucket", base.store.bucket)
    pulumi.export("bucket_arn", base.store.arn)
    pulumi.export("bucket_key_arn", base.keys.artifacts)
    if site.serves:
        serve(site, base)
    else:
        stand_by(site, base)


try:
    main()
except settings.SettingsError as mistakes:
    pulumi.log.error(str(mistakes))
    sys.exit(1)
