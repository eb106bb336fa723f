"""The same questions at several precisions of one model, in pairs against float32."""
