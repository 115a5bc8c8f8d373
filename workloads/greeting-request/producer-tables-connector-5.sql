-- The same tables for the Kinesis connector from version 5 on, which finds its stream by the ARN.
CREATE TABLE `vvp`.`default`.`greeting_request_datagen` (`name` STRING) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '10'
);
CREATE TABLE `vvp`.`default`.`greeting_request_producer` (`name` STRING) WITH (
  'connector' = 'kinesis',
  'stream.arn' = '${streams.greeting-request.arn}',
  'aws.region' = '${AWS_REGION}',
  'format' = 'json',
  'sink.fail-on-error' = 'true'
);
