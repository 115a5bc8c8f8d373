-- Ten random names a second, and the stream that takes them.
CREATE TABLE `vvp`.`default`.`greeting_request_datagen` (`name` STRING) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '10'
);
CREATE TABLE `vvp`.`default`.`greeting_request_producer` (`name` STRING) WITH (
  'connector' = 'kinesis',
  'aws.region' = '${AWS_REGION}',
  'format' = 'json',
  'stream' = 'greeting-request',
  'sink.fail-on-error' = 'true'
);
