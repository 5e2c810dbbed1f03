package harbour;

record Load(String goods, int tonnes) {
    static Load of(String query) {
        String[] parts = query == null ? new String[] {"nothing", "0"} : query.split("=", 2);
        return new Load(parts[0], Integer.parseInt(parts[1]));
    }
}
