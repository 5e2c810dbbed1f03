module harbour.example/lighthouse

go 1.19

require harbour.example/morse v1.0.0
