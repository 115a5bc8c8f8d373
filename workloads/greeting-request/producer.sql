INSERT INTO greeting_request_producer SELECT * FROM greeting_request_datagen;
