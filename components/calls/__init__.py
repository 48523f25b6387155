"""What the dynamic resources ask of AWS, by boto3, while `pulumi up` runs."""
