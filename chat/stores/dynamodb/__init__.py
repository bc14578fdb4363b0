"""Comments in the sample's DynamoDB table, through boto3's low-level client."""
