package docassay;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Holds back what a consumer has polled while a file is there: docassay puts it there when enough is
 * under way. The runner would take in a whole backlog otherwise, and keep it in memory.
 */
public final class Gate implements ConsumerInterceptor<byte[], byte[]> {
  private Path closed;

  @Override
  public void configure(Map<String, ?> configs) {
    closed = Path.of(String.valueOf(configs.get("docassay.gate")));
  }

  @Override
  public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
    try {
      while (!records.isEmpty() && Files.exists(closed)) {
        Thread.sleep(50);
      }
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
    return records;
  }

  @Override
  public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

  @Override
  public void close() {}
}
