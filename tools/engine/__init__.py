"""The real Pulumi engine on the real program, where there is no AWS account to change.

The AWS provider is the recording one (tools/recording_provider), the services that dynamic resources
call are moto's, and the state is a folder under build/.
"""
