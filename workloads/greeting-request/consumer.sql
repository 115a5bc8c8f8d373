INSERT INTO greeting_request_blackhole SELECT * FROM greeting_request_consumer;
