# The running product: everything goes through bin/yavio.
