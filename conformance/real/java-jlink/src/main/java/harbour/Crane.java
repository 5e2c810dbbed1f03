package harbour;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

public final class Crane {
    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("--modules")) {
            List<String> names = ModuleLayer.boot().modules().stream().map(Module::getName).sorted().toList();
            System.out.println(String.join(" ", names));
            return;
        }
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
        server.createContext("/", exchange -> {
            byte[] body = Load.of(exchange.getRequestURI().getQuery()).toString().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            try (var out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
        server.start();
    }
}
