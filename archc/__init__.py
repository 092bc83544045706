"""archc: a declarative architecture compiler."""
