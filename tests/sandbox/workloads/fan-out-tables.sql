-- What the consumer reads from the stream, and where it puts it.
CREATE TABLE `vvp`.`default`.`greeting_request_consumer` (`name` STRING) WITH (
  'connector' = 'kinesis',
    'scan.stream.recordpublisher' = 'EFO',
    'scan.stream.efo.consumername' = 'greeting-request-consumer',
  'aws.region' = '${AWS_REGION}',
  'format' = 'json',
  'stream' = 'greeting-request'
);
CREATE TABLE `vvp`.`default`.`greeting_request_blackhole` (`name` STRING) WITH (
  'connector' = 'blackhole'
);
