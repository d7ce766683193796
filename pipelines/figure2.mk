# Figure 2: MAS beside RSA for Multi-Object and Same-Object GRUs and Multi-Object
# transformers. What does a causal comparison see that a correlation does not?

FIGURE2_TYPES := $(GRU_MULTI_OBJECT) $(GRU_SAME_OBJECT) $(TRANSFORMER_MULTI_OBJECT)

$(call mas-and-rsa,figure2,$(FIGURE2_TYPES))
figure2:  ## MAS and RSA: Multi- and Same-Object GRUs, Multi-Object transformers
