-- What the consumer reads from the stream, and where it puts it.
CREATE TABLE `vvp`.`default`.`greeting_request_consumer` (`name` STRING) WITH (
  'connector' = 'kinesis',
  'aws.region' = '${AWS_REGION}',
  'format' = 'json',
  'stream' = 'greeting-request'
);
CREATE TABLE `vvp`.`default`.`greeting_request_blackhole` (`name` STRING) WITH (
  'connector' = 'blackhole'
);
