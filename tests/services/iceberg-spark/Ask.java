import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Ask a REST catalog, which is named "lake", in Spark's SQL: URI STATEMENT...; each row is a line of JSON. */
public class Ask {
    public static void main(String[] arguments) {
        SparkSession spark = SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
            .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
            .config("spark.sql.catalog.lake.type", "rest")
            .config("spark.sql.catalog.lake.uri", arguments[0])
            .getOrCreate();
        for (int n = 1; n < arguments.length; n++) {
            Dataset<Row> rows = spark.sql(arguments[n]);
            for (String row : rows.toJSON().collectAsList()) {
                System.out.println(row);
            }
            System.out.println("--");
        }
        spark.stop();
    }
}
