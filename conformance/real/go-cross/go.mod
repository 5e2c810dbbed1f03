module harbour.example/where

go 1.19
