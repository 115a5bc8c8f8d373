-- The same tables for the Kinesis connector from version 5 on, which finds its stream by the ARN.
CREATE TABLE `vvp`.`default`.`greeting_request_consumer` (`name` STRING) WITH (
  'connector' = 'kinesis',
  'stream.arn' = '${streams.greeting-request.arn}',
  'aws.region' = '${AWS_REGION}',
  'format' = 'json'
);
CREATE TABLE `vvp`.`default`.`greeting_request_blackhole` (`name` STRING) WITH (
  'connector' = 'blackhole'
);
